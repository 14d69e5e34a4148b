"""Rows as a trial with these true values would print them: each number computed, then rounded.

Every generator gives `draws` trials called t0, t1, …; whatever a rule says of trial t7 is
about draw 7. Rounding is half up or half to even, with the digits that journals print.
"""

import math
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np
from printed_outcomes import OUTCOMES
from printed_registers import control_arms, identifiers
from survival_rows import medians, survival_curves

from trialpool.audit.rule import OUTCOMES as OUTCOMES_OF_EXAMPLES
from trialpool.audit.rule import Case

Rng = np.random.Generator
Cells = dict[str, str]
Z = {"90": 1.6448536269514722, "95": 1.959963984540054, "97.5": 2.241402727604947}


def printed(rng: Rng, value: float, decimals: int) -> str:
    """The value as printed with so many decimals."""
    rounding = ROUND_HALF_UP if rng.random() < 0.5 else ROUND_HALF_EVEN
    return str(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding))


def upper_tail(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2.0))


def printed_p(rng: Rng, z: float) -> str:
    """A two-sided p-value as journals print it."""
    p = 2.0 * upper_tail(abs(z))
    decimals = int(rng.integers(2, 5))
    if p < 10.0**-decimals:
        return f"<{10.0**-decimals:.{decimals}f}"
    text = printed(rng, min(p, 1.0), decimals)
    return text.removeprefix("0") if rng.random() < 0.3 and text.startswith("0.") else text


def ratio(rng: Rng, se: float, columns: tuple[str, str, str], level: str = "95") -> Cells:
    """A ratio and its Wald interval, to one digit after the point or more."""
    y = float(np.clip(rng.normal(-0.3, 0.5), -2.0, 2.0))
    decimals = int(rng.choice([1, 2, 2, 2, 3]))
    values = (math.exp(y), math.exp(y - Z[level] * se), math.exp(y + Z[level] * se))
    return {c: printed(rng, v, decimals) for c, v in zip(columns, values, strict=True)} | {
        "_z": str(y / se)
    }


def survival_row(rng: Rng, index: int) -> Cells:
    """A hazard ratio with interval, p-value, patients and events of both arms."""
    n = rng.integers(20, 1500, 2)
    events = [int(rng.integers(max(5, size // 5), size + 1)) for size in n]
    least = 1.0 / math.sqrt(1.0 / (1.0 / events[0] + 1.0 / events[1]))
    se = float(max(least, 2.0 / math.sqrt(sum(events))) * rng.uniform(1.0, 1.3))
    level = str(rng.choice(list(Z)))
    cells = ratio(rng, se, ("estimate", "ci_lower", "ci_upper"), level)
    z = float(cells.pop("_z")) + float(rng.uniform(-0.4, 0.4))  # a log-rank beside a Cox test
    return {
        "row_id": f"t{index}.os",
        "trial_id": f"t{index}",
        "experimental_arm": "x",
        "control_arm": "y",
        "endpoint": "OS",
        **cells,
        "ci_level": level,
        "p_value": printed_p(rng, z),
        "n_experimental": str(n[0]),
        "n_control": str(n[1]),
        "events_experimental": str(events[0]),
        "events_control": str(events[1]),
    }


def hazard_ratios(rng: Rng, draws: int) -> Case:
    return Case({"time_to_event": [survival_row(rng, i) for i in range(draws)]})


def wald_p_values(rng: Rng, draws: int) -> Case:
    """The p-value of the same Wald test as the interval, said to be two-sided in a third."""
    rows = []
    for index in range(draws):
        row = survival_row(rng, index)
        level = row["ci_level"]
        cells = ratio(
            rng, float(rng.uniform(0.08, 0.5)), ("estimate", "ci_lower", "ci_upper"), level
        )
        p = printed_p(rng, float(cells.pop("_z")))
        says = " (two-sided)" if rng.random() < 0.34 and not p.startswith("<") else ""
        kept = {k: v for k, v in row.items() if not k.startswith(("n_", "events_"))}
        rows.append({**kept, **cells, "p_value": p + says})
    return Case({"time_to_event": rows})


def declared_p_values(rng: Rng, draws: int) -> Case:
    """Three digits, and a p-value that says it is two-sided: two ways to a standard error."""
    rows = []
    for index in range(draws):
        se, z = float(rng.uniform(0.1, 0.3)), float(rng.uniform(1.7, 3.0))
        y = z * se * (1 if rng.random() < 0.2 else -1)
        values = (y, y - Z["95"] * se, y + Z["95"] * se)
        columns = ("estimate", "ci_lower", "ci_upper")
        cells = {c: printed(rng, math.exp(v), 3) for c, v in zip(columns, values, strict=True)}
        p = printed(rng, 2.0 * upper_tail(z), 4)
        row = {"row_id": f"t{index}.os", "trial_id": f"t{index}", "endpoint": "OS", **cells}
        rows.append({**row, "ci_level": "95", "p_value": f"{p} (two-sided)"})
    return Case({"time_to_event": rows})


def ratios_with_medians(rng: Rng, draws: int) -> Case:
    """Whole reports of simulated trials: arms, events, hazard ratio, p-value and medians."""
    trials, arms, rows = [], [], []
    for index in range(draws):
        trial, drawn = f"t{index}", medians(rng)
        cells = {c: printed(rng, v, 2) for c, v in drawn.ratio.items()}
        cells |= {c: printed(rng, v, 1) for c, v in drawn.medians.items()}
        cells |= {c: str(v) for c, v in drawn.counts.items()}
        n = drawn.counts["n_control"]
        trials.append({"trial_id": trial, "n_randomised": str(2 * n)})
        arms += [{"trial_id": trial, "arm_id": arm, "n": str(n)} for arm in "xy"]
        row = {"row_id": f"{trial}.os", "trial_id": trial, "endpoint": "OS", **cells}
        row |= {"experimental_arm": "x", "control_arm": "y", "ci_level": "95"}
        rows.append({**row, "p_value": printed_p(rng, drawn.z)})
    return Case({"trials": trials, "arms": arms, "time_to_event": rows})


def count(rng: Rng) -> tuple[int, int]:
    n = int(rng.integers(4, 1200))
    return int(rng.binomial(n, rng.uniform(0.02, 0.98))), n


def _percent(rng: Rng, events: int, n: int) -> str:
    return printed(rng, 100.0 * events / n, int(rng.choice([0, 1, 1, 2])))


def response_rows(rng: Rng, draws: int, *, events: bool = True) -> Case:
    rows = []
    for index in range(draws):
        k, n = count(rng)
        row = {"row_id": f"t{index}.orr", "trial_id": f"t{index}", "arm_id": "x", "endpoint": "ORR"}
        row |= {"n": str(n), "percent": _percent(rng, k, n)}
        rows.append(row | ({"events": str(k)} if events else {}))
    return Case({"responses": rows})


def percentages(rng: Rng, draws: int) -> Case:
    """Rates that the rule can judge: n below 10^(decimals + 2)."""
    rows = []
    for index in range(draws):
        decimals = int(rng.choice([0, 1, 2]))
        n = int(rng.integers(4, min(10 ** (decimals + 2), 1200)))
        k = int(rng.binomial(n, rng.uniform(0.02, 0.98)))
        row = {"row_id": f"t{index}.orr", "trial_id": f"t{index}", "endpoint": "ORR"}
        rows.append({**row, "n": str(n), "percent": printed(rng, 100.0 * k / n, decimals)})
    return Case({"responses": rows})


def patients(rng: Rng, draws: int) -> Case:
    """A trial, its two arms, and an analysis of most of its patients."""
    trials, arms, rows, curves = [], [], [], []
    for index in range(draws):
        trial = f"t{index}"
        sizes = [int(n) for n in rng.integers(15, 2500, 2)]
        trials.append({"trial_id": trial, "n_randomised": str(sum(sizes))})
        both = {"row_id": f"{trial}.os", "trial_id": trial}
        both |= {"experimental_arm": "x", "control_arm": "y"}
        curve = dict(both)
        for arm, side, n in zip("xy", ("experimental", "control"), sizes, strict=True):
            arms.append({"trial_id": trial, "arm_id": arm, "n": str(n)})
            both[f"n_{side}"] = str(n - int(rng.binomial(n, 0.03)))
            curve[f"n_{side}"] = str(n - int(rng.integers(0, 1 + n // 20)))
        rows.append(both)
        curves.append(curve)
    return Case(
        {"trials": trials, "arms": arms, "time_to_event": rows, "reconstructed_survival": curves}
    )


def biomarker_levels(rng: Rng, draws: int) -> Case:
    """Two levels of a marker, known in some or all patients of the arm."""
    arms, rows = [], []
    for index in range(draws):
        trial = f"t{index}"
        n = int(rng.integers(20, 1500))
        known = n - int(rng.binomial(n, rng.choice([0.0, 0.1, 0.4])))
        first = int(rng.binomial(known, rng.uniform(0.1, 0.9)))
        arms.append({"trial_id": trial, "arm_id": "x", "n": str(n)})
        share = rng.uniform(0.1, 0.9, 2)
        events = [
            int(rng.binomial(m, p)) for m, p in zip((first, known - first), share, strict=True)
        ]
        whole = {"row_id": f"{trial}.w", "trial_id": trial, "arm_id": "x", "endpoint": "remission"}
        missing = int(rng.binomial(n - known, 0.5))
        rows.append({**whole, "n": str(n), "events": str(sum(events) + missing)})
        for level, m, k in zip(
            ("positive", "negative"), (first, known - first), events, strict=True
        ):
            part = {**whole, "row_id": f"{trial}.{level[0]}", "biomarker": "marker"}
            rows.append({**part, "biomarker_level": level, "n": str(m), "events": str(k)})
    return Case({"arms": arms, "responses": rows})


def data_cuts(rng: Rng, draws: int) -> Case:
    rows = []
    for index in range(draws):
        row = survival_row(rng, index)
        later = {**row, "row_id": f"t{index}.os2", "maturity": "final"}
        months = rng.uniform(6.0, 40.0)
        for arm in ("experimental", "control"):
            events = int(row[f"events_{arm}"])
            row[f"events_{arm}"] = str(int(rng.binomial(events, rng.uniform(0.4, 1.0))))
        row |= {"maturity": "interim", "follow_up_months": printed(rng, months, 1)}
        later["follow_up_months"] = printed(rng, months + rng.uniform(0.0, 40.0), 1)
        rows += [row, later]
    return Case({"time_to_event": rows})


def odds_ratios(rng: Rng, draws: int) -> Case:
    rows = []
    while len(rows) < draws:
        (a, n), (b, m) = count(rng), count(rng)
        if min(a, n - a, b, m - b) == 0:
            continue
        row = {"row_id": f"t{len(rows)}.pcr", "endpoint": "remission", "measure": "OR"}
        row["trial_id"] = f"t{len(rows)}"
        row["estimate"] = printed(rng, a * (m - b) / (b * (n - a)), 2)
        if rng.random() < 0.5:
            row |= {"events_a": str(a), "n_a": str(n), "events_b": str(b), "n_b": str(m)}
        else:
            row |= {
                "value_a": printed(rng, 100 * a / n, 1),
                "value_b": printed(rng, 100 * b / m, 1),
            }
        rows.append(row)
    return Case({"biomarker_contrasts": rows}, config=OUTCOMES_OF_EXAMPLES)


def reconstructed_curves(rng: Rng, draws: int) -> Case:
    """Two horizons of the curves of two arms, to six digits as the table has them."""
    rows = []
    for index in range(draws):
        curves = [survival_curves(rng) for _ in range(2)]
        horizons = sorted(rng.choice([6, 12, 24, 36, 48], 2, replace=False))
        for horizon in horizons:
            row = {"row_id": f"t{index}.{horizon}", "trial_id": f"t{index}", "endpoint": "OS"}
            row["horizon_months"] = str(horizon)
            for arm, curve in zip(("experimental", "control"), curves, strict=True):
                at = curve.at(float(horizon))
                for name, value in at.items():
                    row[name.format(arm)] = f"{value:.6g}"
            rows.append(row)
    return Case({"reconstructed_survival": rows})


def ratios_with_curves(rng: Rng, draws: int) -> Case:
    """Printed ratios, and those of their curves: read with an error of up to 0.3 of an SE."""
    reports, curves = [], []
    for index in range(draws):
        row = survival_row(rng, index)
        place = {"trial_id": row["trial_id"], "experimental_arm": "x", "control_arm": "y"}
        reports.append({**row, **place, "population": "ITT"})
        se = 2.0 / math.sqrt(int(row["events_experimental"]) + int(row["events_control"]))
        log_hr = math.log(max(float(row["estimate"]), 0.05)) + 0.3 * se * rng.uniform(-1.0, 1.0)
        curve = {"row_id": f"{row['trial_id']}.12", **place, "endpoint": row["endpoint"]}
        for name, shift in (("hr", 0.0), ("hr_ci_lower", -Z["95"]), ("hr_ci_upper", Z["95"])):
            curve[name] = f"{math.exp(log_hr + shift * se):.5g}"
        # A median is read to a tick of the axis, a tenth of it at most.
        for column in ("median_experimental", "median_control"):
            median = float(rng.uniform(3.0, 60.0))
            reports[-1][column] = printed(rng, median, int(rng.integers(0, 2)))
            curve[column] = f"{median * math.exp(rng.uniform(-0.1, 0.1)):.5g}"
        reports[-1]["time_unit"] = "months"
        curves.append(curve)
    return Case({"time_to_event": reports, "reconstructed_survival": curves})


def two_endpoints(rng: Rng, draws: int) -> Case:
    """Death, and progression in the same patients: independent estimates."""
    rows = []
    for index in range(draws):
        row = survival_row(rng, index)
        other = {**survival_row(rng, index), "row_id": f"t{index}.pfs", "endpoint": "PFS"}
        rows += [row, {**other, "source_id": "s"}]
    return Case({"time_to_event": [{**row, "source_id": "s"} for row in rows]})


def one_report(rng: Rng, draws: int) -> Case:
    """One endpoint in all patients and in a part, in one report."""
    case = two_endpoints(rng, draws)
    return Case({"time_to_event": [{**r, "endpoint": "OS"} for r in case.tables["time_to_event"]]})


def one_review(rng: Rng, draws: int) -> Case:
    """One endpoint of twenty trials in one review's table."""
    rows = []
    for index, row in enumerate(one_report(rng, draws).tables["time_to_event"]):
        rows.append({**row, "trial_id": f"t{index}", "source_id": f"s{index // 20}"})
    return Case({"time_to_event": rows})


def correlations(rng: Rng, draws: int) -> Case:
    """Correlations with Fisher's interval, printed with two or three digits."""
    rows = []
    for index in range(draws):
        n, level = int(rng.integers(4, 1200)), str(rng.choice(["95", "90"]))
        z = float(rng.normal(0.2, 0.3))
        half = Z[level] / math.sqrt(n - 3)
        digits = int(rng.choice([2, 3]))
        columns = ("r", "ci_lower", "ci_upper")
        values = (z, z - half, z + half)
        cells = {
            c: printed(rng, math.tanh(v), digits) for c, v in zip(columns, values, strict=True)
        }
        row = {"row_id": f"t{index}.k", "trial_id": f"t{index}", "arm_id": "x", "n": str(n)}
        rows.append({**row, "endpoint": "pain", "ci_level": level, **cells})
    return Case({"correlations": rows})


Generator = Callable[[Rng, int], Case]
# Rule -> rows that satisfy it, and the columns in which a slip is made.
_RATIO = ("estimate", "ci_lower", "ci_upper")
_CURVE = ("rmst_experimental", "rmst_control", "survival_experimental", "survival_control")
_EVENTS = ("events_experimental", "events_control")
_PATIENTS = ("n_experimental", "n_control")


GENERATORS: dict[str, tuple[Generator, tuple[str, ...]]] = {
    "ratio-positive": (hazard_ratios, _RATIO),
    "ratio-plausible": (hazard_ratios, _RATIO),
    "limits-in-order": (hazard_ratios, _RATIO),
    "interval-holds-estimate": (hazard_ratios, _RATIO),
    "interval-complete": (hazard_ratios, _RATIO),
    "interval-symmetric": (hazard_ratios, _RATIO),
    "interval-width": (hazard_ratios, (*_RATIO, *_EVENTS)),
    "p-one-sided": (wald_p_values, (*_RATIO, "p_value")),
    "p-against-interval": (hazard_ratios, (*_RATIO, "p_value")),
    "rungs-disagree": (declared_p_values, (*_RATIO, "p_value")),
    "hr-against-curve": (ratios_with_curves, ("estimate", "hr")),
    "median-against-curve": (
        ratios_with_curves,
        ("median_experimental", "median_control"),
    ),
    "medians-against-hr": (
        ratios_with_medians,
        ("estimate", "median_experimental", "median_control"),
    ),
    "events-at-most-n": (response_rows, ("events", "n")),
    "events-match-percent": (response_rows, ("events", "n", "percent")),
    "percent-of-whole": (percentages, ("n", "percent")),
    "arm-n-at-most-trial-n": (patients, ("n", "n_randomised")),
    "row-n-at-most-arm-n": (patients, ("n", *_PATIENTS)),
    "levels-add-up": (biomarker_levels, ("n", "events")),
    "events-grow": (data_cuts, _EVENTS),
    "reconstructed-n": (patients, ("n", *_PATIENTS)),
    "odds-ratio-of-rates": (
        odds_ratios,
        ("estimate", "value_a", "value_b", "events_a", "events_b"),
    ),
    "rmst-within-horizon": (reconstructed_curves, _CURVE[:2]),
    "survival-proportion": (reconstructed_curves, _CURVE[2:]),
    "standard-error-positive": (reconstructed_curves, ("rmst_control_se", "survival_control_se")),
    "survival-falls": (reconstructed_curves, _CURVE[2:]),
    "rmst-grows-with-survival": (reconstructed_curves, _CURVE),
    "control-rate-possible": (control_arms, ("value", "ci_lower", "ci_upper")),
    "control-median-agrees": (control_arms, ("value", "median_control")),
    "correlation-range": (correlations, ("r", "ci_lower", "ci_upper")),
    "correlation-patients": (correlations, ("n",)),
    "correlation-interval": (correlations, ("ci_lower", "ci_upper", "n")),
    "source-once": (identifiers, ("doi", "pmid")),
    "doi-form": (identifiers, ("doi",)),
    "pmid-form": (identifiers, ("pmid",)),
    "nct-form": (identifiers, ("nct",)),
    **OUTCOMES,
}
# Rules about coincidence: two different results may print alike.
COINCIDENCES: dict[str, Generator] = {
    "same-number-two-endpoints": two_endpoints,
    "row-twice": one_report,
    "result-of-one-trial": one_review,
}
