"""Identifiers of reports and trials, and rates and medians of control arms, as tables hold them."""

import math

import numpy as np

from trialpool.audit.rule import Case

Rng = np.random.Generator


def identifiers(rng: Rng, draws: int) -> Case:
    digits = [str(d) for d in range(10)]

    def number(length: int) -> str:
        return str(rng.integers(1, 10)) + "".join(rng.choice(digits, length - 1))

    suffix = list("abcdefghijklmnopqrstuvwxyzNEJMOA0123456789.-()/")
    sources, trials = [], []
    for index in range(draws):
        end = "".join(rng.choice(suffix, int(rng.integers(3, 20)))) + str(rng.integers(0, 10))
        doi = f"10.{number(int(rng.integers(4, 6)))}/{end}{index}"
        # A number of its own for each draw: two sources never share one.
        pmid = str(10_000_000 + 7 * index)
        sources.append({"source_id": f"t{index}", "doi": doi, "pmid": pmid})
        trials.append({"trial_id": f"t{index}", "nct": f"NCT{index:04d}{number(4)}"})
    return Case({"sources": sources, "trials": trials})


def control_arms(rng: Rng, draws: int) -> Case:
    """A rate with its interval and a median copied from its row, of an exponential curve."""
    rates, rows = [], []
    for index in range(draws):
        hazard, months = float(rng.uniform(0.005, 0.2)), int(rng.choice([6, 12, 24, 36, 60]))
        survival, se = math.exp(-hazard * months), float(rng.uniform(0.01, 0.08))
        low, high = (min(max(survival + z * se, 0.0), 1.0) for z in (-1.96, 1.96))
        digits = int(rng.integers(0, 2))
        trial = {"trial_id": f"t{index}", "arm_id": "y", "endpoint": "PFS"}
        rates.append(
            {
                **{"row_id": f"t{index}.k01", "measure": "survival", "time_months": str(months)},
                **{"value": f"{100 * survival:.{digits}f}", "unit": "percent", **trial},
                **{"ci_lower": f"{100 * low:.{digits}f}", "ci_upper": f"{100 * high:.{digits}f}"},
            }
        )
        median = f"{math.log(2) / hazard:.1f}"
        rows.append({"row_id": f"t{index}.t01", "median_control": median, "time_unit": "months"})
        rates.append(
            {
                **{"row_id": f"t{index}.k02", "measure": "median", "value": median, **trial},
                **{"unit": "months", "from_row": f"t{index}.t01"},
            }
        )
    return Case({"baseline_risk": rates, "time_to_event": rows})
