"""Bias and coverage of the association of two effects between trials, by number of trials.

    .venv/bin/python simulations/surrogacy.py          # writes docs/explanation/surrogacy.csv
    .venv/bin/python simulations/surrogacy.py --quick  # 50 sets per setting, prints only

Trials have standard errors as phase 3 trials of progression and survival have. Everything is
seeded. The whole run takes some ten minutes of one core.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from trialpool.pooling.bivariate.model import bivariate
from trialpool.pooling.bivariate.surrogacy import surrogacy

TRIALS = (10, 20, 40)
R2 = (0.3, 0.6, 0.9)
WITHIN = 0.5
TAUS = (0.30, 0.20)
SETS = 2000
LIMITS = 400  # sets of which the interval is computed too: it takes eight times as long
OUTPUT = Path(__file__).resolve().parents[1] / "docs" / "explanation" / "surrogacy.csv"


@dataclass(frozen=True)
class Cell:
    """One setting: what was true and what was found."""

    trials: int
    r2: float
    sets: int
    mean_r2: float
    bias: float
    at_boundary: float
    sets_with_limits: int
    coverage: float
    median_width: float


def draws(trials: int, r2: float, sets: int) -> Iterator[tuple[np.ndarray, ...]]:
    """Effects and variances of sets of trials; the same for the same setting."""
    random = np.random.default_rng([trials, round(100 * r2)])
    rho = r2**0.5
    between = np.array([[1.0, rho], [rho, 1.0]]) * np.outer(TAUS, TAUS)
    for _ in range(sets):
        errors = np.column_stack(
            [random.uniform(0.07, 0.15, trials), random.uniform(0.10, 0.20, trials)]
        )
        true = random.multivariate_normal([-0.35, -0.15], between, trials)
        noise = random.multivariate_normal([0, 0], [[1.0, WITHIN], [WITHIN, 1.0]], trials)
        y = true + noise * errors
        yield y[:, 0], errors[:, 0] ** 2, y[:, 1], errors[:, 1] ** 2


def cell(trials: int, r2: float, sets: int, limits: int) -> Cell:
    """Fit the sets of one setting."""
    found, edge, covered, widths = [], 0, 0, []
    for number, (y1, v1, y2, v2) in enumerate(draws(trials, r2, sets)):
        if number < limits:
            one = surrogacy(y1, v1, y2, v2, correlation=WITHIN)
            fit = one.fit
            if one.r2_lower is not None and one.r2_upper is not None:
                covered += one.r2_lower <= r2 <= one.r2_upper
                widths.append(one.r2_upper - one.r2_lower)
        else:
            fit = bivariate(y1, v1, y2, v2, correlation=WITHIN)
        edge += fit.at_boundary
        if fit.rho is not None:
            found.append(fit.rho**2)
    mean = float(np.mean(found))
    return Cell(
        trials, r2, sets, round(mean, 3), round(mean - r2, 3), round(edge / sets, 3),
        limits, round(covered / limits, 3), round(float(np.median(widths)), 2),
    )  # fmt: skip


def main() -> None:
    """Run the simulation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    sets, limits = (50, 20) if quick else (SETS, LIMITS)
    cells = [cell(trials, r2, sets, limits) for r2 in R2 for trials in TRIALS]
    stream = sys.stdout if quick else OUTPUT.open("w", encoding="utf-8", newline="")
    with stream:
        writer = csv.DictWriter(stream, list(asdict(cells[0])), lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(one) for one in cells)


if __name__ == "__main__":
    main()
