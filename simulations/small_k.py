"""How often each interval of the mean holds the truth, and how wide it is, by number of trials.

    .venv/bin/python simulations/small_k.py          # writes docs/small-k.csv and the figure
    .venv/bin/python simulations/small_k.py --quick  # prints a small run, writes nothing

Trials have the standard errors of the log hazard ratios in data/raw. Everything is seeded.
"""

from __future__ import annotations

import argparse
import csv
import io
import math
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import special

from trialpool.files import write_bytes, write_rows
from trialpool.pooling import random_effects_many
from trialpool.pooling.bayes.tau_posterior import Path as NodePath

Floats = npt.NDArray[np.float64]

ROOT = Path(__file__).resolve().parents[1]
SIZES = (2, 3, 4, 5, 10, 20)
# Standard deviations of true log hazard ratios; NaN draws one from the half-normal prior.
TAUS = (0.0, 0.1, 0.2, 0.5, 1.0, math.nan)
LEVEL = 0.95
PRIOR_SCALE = 0.5
REPLICATES = 10_000
SEED = 20200406
METHODS = ("common-effect", "wald", "hk", "hk-adhoc", "kr", "bayes")
NAMES = {
    "common-effect": "common effect",
    "wald": "REML, Wald",
    "hk": "REML, Hartung-Knapp",
    "hk-adhoc": "REML, Hartung-Knapp with floor",
    "kr": "REML, Kenward-Roger",
    "bayes": "Bayesian, half-normal 0.5",
}
_NODES = 97
_HALVINGS = 50


@dataclass(frozen=True)
class Cell:
    """One method in one setting; limits are those of the mean, whose truth is 0.

    Attributes
    ----------
    covered : float
        Share of the intervals that hold the truth, among those that exist.
    median_width : float
        On the log scale.
    without : float
        Share of the sets in which the method has no interval.
    """

    k: int
    tau: float
    method: str
    replicates: int
    covered: float
    covered_se: float
    median_width: float
    median_width_se: float
    without: float


def standard_errors() -> Floats:
    """Return one standard error per trial and endpoint: log hazard ratios of all patients."""
    from trialpool.cli.builds import pipeline

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "effects.csv"
        pipeline.effects(ROOT / "config/config.yaml", file)
        with file.open(encoding="utf-8", newline="") as stream:
            derived = {row["row_id"]: row for row in csv.DictReader(stream)}
    with (ROOT / "data/raw/time_to_event.csv").open(encoding="utf-8", newline="") as stream:
        raw = [row for row in csv.DictReader(stream) if row["population"] == "ITT"]
    found: dict[tuple[str, str], float] = {}
    for row in raw:
        effect = derived.get(row["row_id"], {})
        if row["measure"] == "HR" and not row["biomarker"] and effect.get("status") == "effect":
            found.setdefault((row["trial_id"], row["endpoint"]), float(effect["sei"]))
    return np.array(sorted(found.values()))


def draw(
    rng: np.random.Generator, n: int, k: int, tau: float, errors: Floats
) -> tuple[Floats, Floats]:
    """Draw n sets of k estimates around 0 and their variances."""
    variances = np.square(rng.choice(errors, (n, k)))
    spread = np.full((n, 1), tau)
    if math.isnan(tau):
        spread = np.abs(rng.normal(0.0, PRIOR_SCALE, (n, 1)))
    return rng.normal(0.0, np.sqrt(variances + spread**2)), variances


def bayes_limits(y: Floats, v: Floats) -> tuple[Floats, Floats]:
    """Credible limits of the mean for many sets at once, half-normal prior of tau.

    The model of `trialpool.bayesian_random_effects` on one set of nodes for all
    sets; a test compares the two.
    """
    path = NodePath(math.sqrt(float(v.min())), math.inf)
    top = math.log(8.0 * PRIOR_SCALE / path.floor)
    tau, _, log_slope = path.tau(np.linspace(-4.0, top, _NODES))
    total = v[:, None, :] + np.square(tau)[None, :, None]
    w = 1.0 / total
    s1 = w.sum(axis=2)
    mean = (w * y[:, None, :]).sum(axis=2) / s1
    q = (w * np.square(y[:, None, :] - mean[:, :, None])).sum(axis=2)
    log_density = -0.5 * (np.log(total).sum(axis=2) + np.log(s1) + q)
    log_density += log_slope - 0.5 * np.square(tau / PRIOR_SCALE)
    p = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    sd = 1.0 / np.sqrt(s1)
    return _quantile(p, mean, sd, (1.0 - LEVEL) / 2), -_quantile(p, -mean, sd, (1.0 - LEVEL) / 2)


def _quantile(p: Floats, mean: Floats, sd: Floats, tail: float) -> Floats:
    of_components = mean + sd * special.ndtri(tail)
    low, high = of_components.min(axis=1), of_components.max(axis=1)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        cdf = (p * special.ndtr((middle[:, None] - mean) / sd)).sum(axis=1)
        low, high = np.where(cdf < tail, middle, low), np.where(cdf < tail, high, middle)
    return np.asarray(0.5 * (low + high))


def limits(method: str, y: Floats, v: Floats) -> tuple[Floats, Floats]:
    """Limits of the mean by one method; NaN where it has none."""
    if method == "bayes":
        size = max(1, 2**21 // (_NODES * y.shape[1]))
        parts = [bayes_limits(y[i : i + size], v[i : i + size]) for i in range(0, len(y), size)]
        lower, upper = zip(*parts, strict=True)
        return np.concatenate(lower), np.concatenate(upper)
    options = {"tau2": "CE", "ci": "wald"} if method == "common-effect" else {"ci": method}
    pooled = random_effects_many(y, v, level=LEVEL, **options)
    return pooled.ci_lower, pooled.ci_upper


def judge(method: str, k: int, tau: float, lower: Floats, upper: Floats) -> Cell:
    """Reduce the intervals of one method to coverage and width, with their Monte Carlo errors."""
    exists = ~np.isnan(lower)
    n = int(exists.sum())
    if not n:
        return Cell(k, tau, method, lower.size, *[math.nan] * 4, without=1.0)
    covered = float(np.mean((lower[exists] <= 0.0) & (upper[exists] >= 0.0)))
    width = np.sort(upper[exists] - lower[exists])
    # A binomial interval of ranks around the middle, as a standard error.
    around = 0.5 * math.sqrt(n)
    near = width[[max(0, int(n / 2 - around)), min(n - 1, int(n / 2 + around))]]
    return Cell(
        k=k,
        tau=tau,
        method=method,
        replicates=lower.size,
        covered=covered,
        covered_se=math.sqrt(covered * (1.0 - covered) / n),
        median_width=float(np.median(width)),
        median_width_se=float(near[1] - near[0]) / 2.0,
        without=1.0 - n / lower.size,
    )


def simulate(
    errors: Floats,
    replicates: int = REPLICATES,
    sizes: Sequence[int] = SIZES,
    taus: Sequence[float] = TAUS,
    methods: Sequence[str] = METHODS,
    seed: int = SEED,
) -> Iterator[Cell]:
    """Run every setting; each has a stream of random numbers of its own."""
    streams = np.random.SeedSequence(seed).spawn(len(sizes) * len(taus))
    for place, stream in enumerate(streams):
        k, tau = sizes[place // len(taus)], taus[place % len(taus)]
        y, v = draw(np.random.default_rng(stream), replicates, k, tau, errors)
        for method in methods:
            yield judge(method, k, tau, *limits(method, y, v))


def row(cell: Cell) -> dict[str, str]:
    """Write a cell with as many digits as its Monte Carlo error leaves."""
    missing = math.isnan(cell.covered)

    def digits(value: float) -> str:
        return "" if missing else f"{value:.4f}"

    return {
        "k": str(cell.k),
        "tau": "prior" if math.isnan(cell.tau) else f"{cell.tau:g}",
        "method": cell.method,
        "replicates": str(cell.replicates),
        "coverage": digits(cell.covered),
        "coverage_mcse": digits(cell.covered_se),
        "median_width": digits(cell.median_width),
        "median_width_mcse": digits(cell.median_width_se),
        "no_interval": f"{cell.without:.4f}",
    }


def _number(text: str) -> float:
    return float(text) if text else math.nan


def markdown_rows(rows: Sequence[dict[str, str]]) -> list[str]:
    """Write the lines of the table in docs/small-k.md: coverage | upper / lower limit."""
    cells: dict[tuple[str, str], list[str]] = {}
    for item in rows:
        if item["method"] != "kr":
            ratio = math.exp(float(item["median_width"]))
            shown = f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}" if ratio < 1000 else ">999"
            text = f"{100 * float(item['coverage']):.1f} \\| {shown}"
            cells.setdefault((item["k"], item["method"]), []).append(text)
    return [
        f"| {k} | {NAMES[method]} | " + " | ".join(found) + " |"
        for (k, method), found in cells.items()
    ]


def draw_figure(rows: Sequence[dict[str, str]], file: Path) -> None:
    """Draw coverage above and width below, one column per number of trials."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    colours = dict(
        zip(
            METHODS, ("#8c8c8c", "#c1432e", "#6b9bd1", "#1f3f77", "#5a9367", "#d98c1f"), strict=True
        )
    )
    marks = dict(zip(METHODS, "xv^sDo", strict=True))
    figure = Figure(figsize=(11, 5.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, len(SIZES), sharex=True, sharey="row")
    labels = [f"{tau:g}" for tau in TAUS if not math.isnan(tau)] + ["prior"]
    for column, k in enumerate(SIZES):
        above, below = axes[0][column], axes[1][column]
        above.set_title(f"{k} trials", fontsize=10)
        above.axhline(95, color="#4d4d4d", linewidth=0.8)
        for method in METHODS:
            found = {r["tau"]: r for r in rows if r["k"] == str(k) and r["method"] == method}
            style = {
                "color": colours[method], "marker": marks[method], "markersize": 4, "linewidth": 1.1
            }  # fmt: skip
            coverage = [100 * _number(found[tau]["coverage"]) for tau in labels]
            width = [math.exp(_number(found[tau]["median_width"])) for tau in labels]
            for axis, values in ((above, coverage), (below, width)):
                axis.plot(range(len(labels) - 1), values[:-1], **style, label=NAMES[method])
                axis.plot([len(labels) - 1], values[-1:], **{**style, "linewidth": 0})
        above.set_ylim(40, 101)
        below.set_yscale("log")
        below.set_ylim(1.08, 300)
        below.set_yticks([1.2, 2, 5, 10, 50, 200], ["1.2", "2", "5", "10", "50", "200"])
        below.minorticks_off()
        below.set_xticks(range(len(labels)), labels, fontsize=8)
        for axis in (above, below):
            axis.spines[["top", "right"]].set_visible(False)
            axis.tick_params(labelsize=8)
            axis.axvline(len(labels) - 1.5, color="#d9d9d9", linewidth=0.8)
    axes[0][0].set_ylabel("coverage of 95% intervals (%)", fontsize=9)
    axes[1][0].set_ylabel("upper / lower limit (median)", fontsize=9)
    figure.supxlabel("τ, standard deviation of the true log hazard ratios", fontsize=9)
    figure.legend(
        *axes[0][0].get_legend_handles_labels(),
        loc="outside upper center", ncols=6, fontsize=8, frameon=False,
    )  # fmt: skip
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=130, metadata={"Software": None})
    write_bytes(file, content.getvalue())


def main() -> None:
    """Run the simulation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="200 sets per setting, print only")
    quick = parser.parse_args().quick
    errors = standard_errors()
    quartiles = np.quantile(errors, (0.25, 0.5, 0.75))
    print(f"{errors.size} standard errors, quartiles {np.round(quartiles, 3).tolist()}")
    rows = [row(cell) for cell in simulate(errors, 200 if quick else REPLICATES)]
    if quick:
        for item in rows:
            print(*item.values(), sep="\t")
        return
    write_rows(ROOT / "docs/small-k.csv", list(rows[0]), rows)
    draw_figure(rows, ROOT / "docs/images/small-k.png")


if __name__ == "__main__":
    main()
