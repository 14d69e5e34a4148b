"""Write the tables of docs/reference/measures.md from the registry of measures."""

from __future__ import annotations

from pathlib import Path

from trialpool.measures import GROUPS, Measure
from trialpool.measures.scales import Scale

PAGE = Path(__file__).parents[1] / "reference" / "measures.md"
START, END = "<!-- tables -->", "<!-- end of tables -->"
_BACK: dict[Scale, str] = {
    "identity": "as it is",
    "log": "exp",
    "logit": "inverse logit",
    "probit": "Φ",
    "arcsine": "sin²",
    "square-root": "square",
    "z": "tanh",
    "z-root": "tanh²",
    "cube-root-complement": "1 − (1 − y)³",
    "log-complement": "1 − exp(−y)",
}
_WITH_SIZE = {"PFT": "sin², or Miller's with n", "IRFT": "square, or exact with t"}


def tables() -> str:
    """Return the tables, one per kind of input."""
    parts = []
    for group, measures in GROUPS.items():
        parts.append(f"### {group[0].upper()}{group[1:]}\n")
        parts.append("| code | measure | back | no effect | formula, `vtype` | source |")
        parts.append("|---|---|---|---|---|---|")
        parts += [_row(measure) for measure in measures]
        parts.append("")
    return "\n".join(parts)


def _row(measure: Measure) -> str:
    null = "–" if measure.null is None else f"{measure.to_display(measure.null):g}"
    unit = f" ({measure.display_unit})" if measure.display_unit else ""
    back = _WITH_SIZE.get(measure.code, _BACK[measure.scale])
    kinds = f"; `{'`, `'.join(measure.variants)}`" if measure.variants else ""
    cells = (
        f"`{measure.code}`",
        measure.name + unit,
        back,
        null,
        (measure.formula or "given") + kinds,
        measure.source or "–",
    )
    return f"| {' | '.join(cells)} |"


def with_tables(page: str) -> str:
    """Put the tables between their marks."""
    before, rest = page.split(START)
    _, after = rest.split(END)
    return f"{before}{START}\n{tables()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
