"""Numbers of the simulation as small-k.csv, and as the tables of docs/explanation/small-k.md."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from few_trials.figure import draw_figure
from few_trials.priors import Compared
from few_trials.shipped import ROOT, Shipped
from few_trials.words import MODELS, SETTINGS, SIZES, TAUS, Cell, Setting
from trialpool import bayesian_random_effects
from trialpool import formatting as fmt
from trialpool.files import write_rows, write_text
from trialpool.pooling.verdict import WORDS

CSV = ROOT / "docs/explanation/small-k.csv"
PAGE = ROOT / "docs/explanation/small-k.md"
MODEL_NAMES = {
    "bayes": "Bayesian",
    "hk-adhoc": "Hartung-Knapp with floor",
    "hk": "Hartung-Knapp",
    "common-effect": "common effect",
}
# Up to here the aims ask; larger ones are shown.
_AIMED = 0.2
_MOST_FALSE, _LEAST_OF_TWO, _LEAST_OF_THREE, _LEAST_LEANING = 0.07, 0.65, 0.90, 0.99

Row = dict[str, str]


def tau_text(tau: float) -> str:
    """Write a tau; "prior" where each set has its own."""
    return "prior" if math.isnan(tau) else f"{tau:g}"


def row(cell: Cell) -> Row:
    """Write a cell as a row of the csv."""
    return {
        "measure": cell.measure,
        "k": str(cell.k),
        "tau": tau_text(cell.tau),
        "true_ratio": f"{cell.ratio:g}",
        "sets": str(cell.replicates),
        **{word: f"{cell.words[word]:.4f}" for word in WORDS},
        **{f"before_{word}": f"{share:.4f}" for word, share in cell.before.items()},
        "each_alone": str(cell.alone) if cell.k == 2 else "",
        "each_alone_leans": str(cell.alone_leaning) if cell.k == 2 else "",
        "each_alone_concluded": str(cell.alone_concluded) if cell.k == 2 else "",
        **{f"coverage_{model}": f"{cell.covered[model]:.4f}" for model in MODELS},
        **{f"median_width_{model}": f"{cell.width[model]:.4f}" for model in MODELS},
    }


def _share(row: Row, *names: str) -> float:
    return sum(float(row[name]) for name in names)


def _percent(share: float) -> str:
    return fmt.percent(share)


def _rows(rows: Sequence[Row], measure: str, ratio: float) -> list[Row]:
    return [r for r in rows if r["measure"] == measure and r["true_ratio"] == f"{ratio:g}"]


def _aimed(rows: Sequence[Row], measure: str) -> list[Row]:
    return [
        r for r in rows
        if r["measure"] == measure and r["tau"] != "prior" and float(r["tau"]) <= _AIMED
    ]  # fmt: skip


def aims(rows: Sequence[Row], falls: dict[str, tuple[int, int]]) -> Iterator[tuple[str, str, str]]:
    """Give each aim, what was found, and whether it is met."""

    def met(found: bool) -> str:
        return "yes" if found else "**no**"

    for setting in SETTINGS:
        measure = setting.measure
        null = [r for r in _aimed(rows, measure) if r["true_ratio"] == "1"]
        worst = max(null, key=lambda r: _share(r, "benefit", "harm"))
        false = _share(worst, "benefit", "harm")
        leans = max(_share(r, "leans-to-benefit", "leans-to-harm") for r in null)
        yield (
            f"{measure} 1, τ 0 to 0.2: `benefit` or `harm` in at most {_MOST_FALSE:.0%}",
            f"at most {_percent(false)} (k = {worst['k']}, τ = {worst['tau']}); leaning in at most "
            f"{_percent(leans)}",
            met(false <= _MOST_FALSE),
        )
    for measure, ratio, k, least in (
        ("HR", 0.65, "2", _LEAST_OF_TWO),
        ("HR", 0.65, "3", _LEAST_OF_THREE),
        ("OR", 2.0, "2", None),
        ("OR", 2.0, "3", None),
    ):
        (one,) = [r for r in _rows(rows, measure, ratio) if r["k"] == k and r["tau"] == "0.1"]
        share = _share(one, "benefit")
        wanted = "reported" if least is None else f"at least {least:.0%}"
        yield (
            f"{measure} {ratio:g}, τ 0.1, k = {k}: `benefit` ({wanted})",
            f"{_percent(share)}; under the old rule {_percent(_share(one, 'before_benefit'))}",
            "–" if least is None else met(share >= least),
        )
    for setting in SETTINGS:
        pairs = [r for r in _aimed(rows, setting.measure) if r["k"] == "2"]
        alone, leaning, concluded = (
            sum(int(r[name]) for r in pairs)
            for name in ("each_alone", "each_alone_leans", "each_alone_concluded")
        )
        yield (
            f"{setting.measure}, both of two trials exclude no difference alone on one side, τ 0 "
            f"to 0.2: at least leaning in {_LEAST_LEANING:.0%}",
            f"{_percent(leaning / alone)} of {alone} sets; `benefit` or `harm` in "
            f"{_percent(concluded / alone)}",
            met(leaning >= _LEAST_LEANING * alone),
        )
    for measure, (weaker, steps) in falls.items():
        yield (
            f"{measure}, identical trials, one more of them, k = 1 to 10: no word weakens",
            f"{weaker} of {steps} steps",
            met(weaker == 0),
        )


def table(head: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    """Write a table of markdown."""
    return [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join(cells) + " |" for cells in body),
    ]


# Columns of words that are summed and printed in one cell, and what stands over the table.
_AT_NULL = (
    "concluded, leaning, little or no difference (concluded by the old rule)",
    (
        ("benefit", "harm"),
        ("leans-to-benefit", "leans-to-harm"),
        ("little-or-no-difference",),
        ("before_benefit", "before_harm"),
    ),
)
_BEYOND = (
    "`benefit`, leaning to it, harm or leaning to that (`benefit` by the old rule)",
    (("benefit",), ("leans-to-benefit",), ("harm", "leans-to-harm"), ("before_benefit",)),
)


def word_lines(rows: Sequence[Row]) -> Iterator[str]:
    """One table per measure and true ratio: a line per k, a cell per tau."""
    fixed = [tau_text(tau) for tau in TAUS if not math.isnan(tau)]
    for setting in SETTINGS:
        for ratio in setting.ratios:
            title, columns = _AT_NULL if ratio == 1.0 else _BEYOND
            yield f"True {setting.measure} {ratio:g}, percent of sets: {title}"
            yield ""
            body = []
            for k in map(str, SIZES):
                own = {r["tau"]: r for r in _rows(rows, setting.measure, ratio) if r["k"] == k}
                shares = [
                    [f"{100 * _share(own[tau], *names):.1f}" for names in columns] for tau in fixed
                ]
                body.append([k, *("{}, {}, {} ({})".format(*cell) for cell in shares)])
            yield from table(["k", *(f"τ = {tau}" for tau in fixed)], body)
            yield ""


def coverage_lines(rows: Sequence[Row]) -> list[str]:
    """Coverage and width: a line per measure, k and model, a cell per tau."""
    taus = [tau_text(tau) for tau in TAUS]
    body = []
    for setting in SETTINGS:
        for k in map(str, SIZES):
            own = {r["tau"]: r for r in _rows(rows, setting.measure, 1.0) if r["k"] == k}
            for model in MODELS:
                covered = [100 * float(own[tau][f"coverage_{model}"]) for tau in taus]
                widths = [float(own[tau][f"median_width_{model}"]) for tau in taus]
                cells = [
                    f"{share:.1f} \\| {_factor(width)}"
                    for share, width in zip(covered, widths, strict=True)
                ]
                body.append([setting.measure, k, MODEL_NAMES[model], *cells])
    return table(["", "k", "interval", *(f"τ = {tau}" for tau in taus)], body)


def prior_lines(compared: dict[str, Compared]) -> Iterator[str]:
    """One table of priors per measure, the best one first."""
    for measure, one in compared.items():
        upper = "no upper end" if math.isinf(one.upper) else f"{one.upper:.2f}"
        yield (
            f"{measure}: {one.groups} groups, {one.trials} effects. A half-normal prior fits best "
            f"with the scale {one.scale:.2f} (95% interval {one.lower:.2f} to {upper})."
        )
        yield ""
        body = []
        for prior, value in one.totals.items():
            name = f"`{one.names.get(prior, prior)}`"
            body.append(
                [
                    f"**{name}**, primary" if prior == one.primary else name,
                    fmt.number(_median(prior), 2),
                    fmt.number(value, 2),
                    f"{value - one.totals[one.primary]:+.2f}".replace("-", "−"),
                ]
            )
        head = ("prior of τ", "its median", "log marginal likelihood", "less the primary's")
        yield from table(head, body)
        yield ""


def _band(setting: Setting) -> str:
    if setting.null_band is None:
        return "no null band"
    return "null band {:.2f} to {:.2f}".format(*setting.null_band)


def error_lines(data: Shipped) -> Iterator[str]:
    """Say which standard errors and which prior a measure has."""
    for setting in SETTINGS:
        errors = data.errors[setting.measure]
        quartiles = ", ".join(f"{x:.3f}" for x in np.quantile(errors, (0.25, 0.5, 0.75)))
        yield (
            f"- {setting.measure}: {errors.size} standard errors, quartiles {quartiles}; prior of "
            f"τ `{setting.prior}`, median {fmt.number(_median(setting.prior), 2)}; "
            f"{_band(setting)}"
        )


def blocks(
    rows: Sequence[Row],
    data: Shipped,
    falls: dict[str, tuple[int, int]],
    compared: dict[str, Compared],
) -> dict[str, list[str]]:
    """Write what stands between the markers of the page, by the name of the marker."""
    return {
        "errors": list(error_lines(data)),
        "aims": table(("aim", "found", "met"), list(aims(rows, falls))),
        "words": list(word_lines(rows)),
        "coverage": coverage_lines(rows),
        "priors": list(prior_lines(compared)),
    }


def _factor(width: float) -> str:
    ratio = math.exp(width)
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}" if ratio < 1000 else ">999"


def _median(prior: str) -> float:
    """Median of a prior of tau: one trial says nothing of it."""
    return bayesian_random_effects([0.0], [1.0], prior=prior).tau.median


def between_markers(page: str, parts: dict[str, list[str]]) -> str:
    """Put the parts of the page between their markers."""
    for name, lines in parts.items():
        start, end = f"<!-- {name}: written by make simulate -->", f"<!-- end of {name} -->"
        before, _, rest = page.partition(start)
        _, closed, after = rest.partition(end)
        if not closed:
            raise ValueError(f"{PAGE.name} has no place for {name}: {start} … {end}")
        page = "\n".join((before + start, *lines, end)) + after
    return page


def write_page(
    data: Shipped,
    cells: Sequence[Cell],
    falls: dict[str, tuple[int, int]],
    compared: dict[str, Compared],
    *,
    shown: bool,
) -> None:
    """Write the csv, the tables of the page and the figure; or print the tables."""
    rows = [row(cell) for cell in cells]
    parts = blocks(rows, data, falls, compared)
    if shown:
        for name, lines in parts.items():
            print(f"\n{name}", *lines, sep="\n")
        return
    write_rows(CSV, list(rows[0]), rows)
    write_text(PAGE, between_markers(PAGE.read_text(encoding="utf-8"), parts))
    draw_figure(rows, ROOT / "docs/images/small-k.png")
