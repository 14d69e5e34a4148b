"""A small forest as files: an SVG to put into a slide, a table of what it shows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Final
from xml.sax.saxutils import escape

from trialpool.measures import Measure
from trialpool.report.compared.forest import Forest, ForestRow

CSV_COLUMNS: Final = (
    "row", "kind", "trial_id", "label", "notes", "patients", "effect", "weight", "estimate",
    "ci_lower", "ci_upper", "cut_at_axis", "source",
)  # fmt: skip

_SIZE, _LINE, _EDGE = 12.0, 24.0, 12.0
# No letter of the usual faces is wider than this on average, in parts of the size.
_LETTER: Final = 0.60
_PLOT: Final = 260.0
_GAP: Final = 18.0
_STYLE: Final = (
    "text{font:12px 'Open Sans',Arial,Helvetica,sans-serif;fill:#1b1f24}"
    ".b{font-weight:700}.s{fill:#5a636d;font-size:11px}"
    ".a{stroke:#1b1f24;stroke-width:1;fill:none}.n{stroke:#5a636d;stroke-width:1}"
    ".p{stroke:#8a5200;stroke-width:1;stroke-dasharray:4 3}.c{stroke:#1f3f77;stroke-width:1.5}"
    ".m{stroke:#1b1f24;stroke-width:1.2;stroke-dasharray:1 3}"
    ".q{fill:#1f3f77}.d{fill:#d68a20;stroke:#8a5200}.i{stroke:#8a5200;stroke-width:2}"
)


def forest_csv(forest: Forest, measure: Measure) -> str:
    """Return what is drawn as CSV: printed texts, and numbers on the printed scale."""

    def numeric(value: float | None) -> str:
        return "" if value is None else f"{measure.to_display(value):.12g}"

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for number, row in enumerate(forest.rows, 1):
        values = map(numeric, (row.estimate, row.ci_lower, row.ci_upper))
        writer.writerow(
            (
                number, row.kind, row.trial_id, row.label, "; ".join(row.notes), row.arms,
                row.effect, row.weight, *values, " ".join(row.cut), row.source,
            )
        )  # fmt: skip
    return buffer.getvalue()


def forest_svg(forest: Forest) -> str:
    """Return a small forest as an SVG of its own: live text, nothing loaded from elsewhere."""
    return "".join(_Drawing(forest).parts())


class _Drawing:
    """Columns wide enough for their texts, one line for each row."""

    def __init__(self, forest: Forest) -> None:
        self.forest = forest
        names = [row.label for row in forest.rows]
        self.arms = _EDGE + _widest([*names, "Trial"], 90.0) + _GAP
        self.plot = self.arms
        if forest.has_arms:
            self.plot += _widest([*(row.arms for row in forest.rows), forest.counts]) + _GAP
        self.effect = self.plot + _PLOT + _GAP
        self.weight = self.effect + _widest([*(r.effect for r in forest.rows), self.head])
        right = self.weight + (_GAP + _widest(["Weight"]) if forest.is_weighted else 0.0)
        title = _widest([forest.heading]) * 1.1 + _widest([forest.behind]) + _GAP
        sides = [_widest([text]) for text in forest.favours]
        self.width = max(right, title + _EDGE) + _EDGE
        self.top = _EDGE + 3 * _LINE
        self.bottom = self.top + _LINE * len(forest.rows)
        # Words under the axis may be longer than the axis: they share the whole width.
        self.width = max(self.width, sum(sides) + 2 * _EDGE + 3 * _GAP)
        self.height = self.bottom + 2.6 * _LINE

    @property
    def head(self) -> str:
        """Heading of the column of effects."""
        return f"{self.forest.code} [{self.forest.level} CI]".strip()

    def x(self, place: float) -> float:
        """Horizontal place of a place on the axis."""
        return self.plot + place * _PLOT

    def parts(self) -> Iterator[str]:
        """Return the elements in drawing order."""
        forest, width, height = self.forest, self.width, self.height
        title = f"{forest.heading}: {forest.outcome}"
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-labelledby="t d">'
            f'<title id="t">{escape(title)}</title><desc id="d">{escape(forest.alt)}</desc>'
            f'<style>{_STYLE}</style><rect width="100%" height="100%" fill="#fff"/>'
        )
        yield _text(_EDGE, _EDGE + _SIZE, forest.heading, "b")
        behind = _EDGE + _widest([forest.heading]) * 1.1 + _GAP
        yield _text(behind, _EDGE + _SIZE, forest.behind, "s")
        yield _text(_EDGE, _EDGE + _LINE + _SIZE * 0.8, forest.outcome)
        yield from self._heads()
        yield from self._axis()
        for number, row in enumerate(forest.rows):
            yield from self._row(row, self.top + number * _LINE)
        yield "</svg>\n"

    def _heads(self) -> Iterator[str]:
        y = self.top - 0.5 * _LINE
        yield _text(_EDGE, y, "Trial", "b")
        if self.forest.has_arms:
            yield _text(self.arms, y, self.forest.counts, "b")
        yield _text(self.x(0.5), y, self.forest.measure, "b", "middle")
        yield _text(self.weight, y, self.head, "b", "end")
        if self.forest.is_weighted:
            yield _text(self.width - _EDGE, y, "Weight", "b", "end")
        yield _line("a", _EDGE, self.top - 6.0, self.width - _EDGE, self.top - 6.0)

    def _axis(self) -> Iterator[str]:
        forest, y = self.forest, self.bottom
        yield _line("n", self.x(forest.null), self.top - 6.0, self.x(forest.null), y)
        if forest.pooled is not None:
            yield _line("p", self.x(forest.pooled), self.top - 6.0, self.x(forest.pooled), y)
        for place in forest.margins:
            yield _line("m", self.x(place), self.top - 6.0, self.x(place), y)
        yield _line("a", self.x(0.0), y, self.x(1.0), y)
        for place, label in forest.ticks:
            yield _line("a", self.x(place), y, self.x(place), y + 4.0)
            yield _text(self.x(place), y + 17.0, label, "s", "middle")
        left, right = forest.favours
        # Beside no difference where there is room, else in the corners.
        null, room = self.x(forest.null), [_widest([text]) + 2 * _GAP for text in (left, right)]
        ends = [max(null - _GAP / 2, room[0]), min(null + _GAP / 2, self.width - room[1])]
        if left:
            yield _text(ends[0], y + 38.0, f"← {left}", "", "end")
        if right:
            yield _text(max(ends[1], ends[0] + _GAP), y + 38.0, f"{right} →")

    def _row(self, row: ForestRow, top: float) -> Iterator[str]:
        y, style = top + 0.5 * _LINE, "b" if row.kind == "pool" else ""
        yield _text(_EDGE, y + 4.0, row.label, style)
        if row.arms:
            yield _text(self.arms, y + 4.0, row.arms)
        yield _text(self.weight, y + 4.0, row.effect, style, "end")
        if row.weight:
            yield _text(self.width - _EDGE, y + 4.0, row.weight, "", "end")
        low, high = self.x(row.low), self.x(row.high)
        if row.kind == "pool" and row.at is not None:
            at = self.x(row.at)
            yield (
                f'<polygon class="d" points="{low:.1f},{y:.1f} {at:.1f},{y - 7:.1f} '
                f'{high:.1f},{y:.1f} {at:.1f},{y + 7:.1f}"/>'
            )
            return
        yield _line("c" if row.kind == "trial" else "i", low, y, high, y)
        for side, place in (("lower", low), ("upper", high)):
            if side in row.cut:
                back = 7.0 if side == "lower" else -7.0
                yield (
                    f'<path class="a" d="M{place + back:.1f} {y - 4:.1f}L{place:.1f} {y:.1f}'
                    f'L{place + back:.1f} {y + 4:.1f}"/>'
                )
            elif row.kind == "prediction":
                yield _line("i", place, y - 4.0, place, y + 4.0)
        if row.at is not None:
            half = row.side / 2
            yield (
                f'<rect class="q" x="{self.x(row.at) - half:.1f}" y="{y - half:.1f}" '
                f'width="{row.side:.1f}" height="{row.side:.1f}"/>'
            )


def _widest(texts: list[str], least: float = 0.0) -> float:
    return max([least, *(len(text) * _SIZE * _LETTER for text in texts)])


def _text(x: float, y: float, text: str, style: str = "", anchor: str = "") -> str:
    given: Mapping[str, str] = {"class": style, "text-anchor": anchor}
    more = "".join(f' {name}="{value}"' for name, value in given.items() if value)
    return f'<text x="{x:.1f}" y="{y:.1f}"{more}>{escape(text)}</text>' if text else ""


def _line(style: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{style}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'
