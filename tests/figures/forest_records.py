"""Result records for the tests of the figures, built by hand from published trials.

As a result.json holds them; `result_of` makes typed records of them. The pools are computed here
in a few lines (DerSimonian-Laird, Hartung-Knapp), not by the package: a figure must draw
whatever a record says.
"""

from __future__ import annotations

import math
from typing import Any

import sample_records
from scipy.stats import chi2, t

from trialpool.measures import get_measure
from trialpool.records.files import result_of, to_plain
from trialpool.records.trials import WeighedTrial

Json = dict[str, Any]
Z = 1.959963984540054

CROSSOVER = "Control patients crossed over to the experimental drug after progression."
BACK_CALCULATED = "Interval computed from the printed p-value."
ASYMMETRIC = "Printed interval is not symmetric on the log scale; the standard error is a mean."


def trial(
    label: str,
    year: int | None,
    group: str,
    comparison: str,
    effect: tuple[float, float, float],
    experimental: tuple[int | None, int | None] = (None, None),
    control: tuple[int | None, int | None] = (None, None),
    flags: tuple[str, ...] = (),
    *,
    log: bool = True,
) -> Json:
    """One trial; effect and limits as printed, arms as (events, n)."""
    value, lower, upper = (math.log(v) for v in effect) if log else effect
    key = label.lower().replace(" ", "-")
    return sample_records.trial(
        row_ids=[f"{key}.t01"],
        trial_id=key,
        label=label,
        year=year,
        group=group,
        comparison=comparison,
        extraction="",
        experimental=arm("e", experimental),
        control=arm("c", control),
        estimate=value,
        se=(upper - lower) / (2 * Z),
        ci_lower=lower,
        ci_upper=upper,
        source=key,
        flags=list(flags),
    )


def arm(name: str, counts: tuple[int | None, int | None]) -> Json:
    return {"arm_id": name, "label": name, "agents": [], "events": counts[0], "n": counts[1]}


def pool(trials: list[Json], model: str, measure: str = "HR") -> Json:
    """Pool by the common effect or by random effects with a Hartung-Knapp interval."""
    k = len(trials)
    y = [item["estimate"] for item in trials]
    v = [item["se"] ** 2 for item in trials]
    w = [1 / value for value in v]
    mean = sum(a * b for a, b in zip(w, y, strict=True)) / sum(w)
    q = sum(a * (b - mean) ** 2 for a, b in zip(w, y, strict=True))
    c = sum(w) - sum(a * a for a in w) / sum(w)
    tau2 = max(0.0, (q - (k - 1)) / c) if k > 1 else 0.0
    common = model == "common-effect"
    u = w if common else [1 / (value + tau2) for value in v]
    estimate = sum(a * b for a, b in zip(u, y, strict=True)) / sum(u)
    se, crit, pi = 1 / math.sqrt(sum(u)), Z, None
    if not common and k > 1:
        scale = sum(a * (b - estimate) ** 2 for a, b in zip(u, y, strict=True)) / (k - 1)
        se *= math.sqrt(max(1.0, scale) if model == "hk-adhoc" else scale)
        crit = float(t.ppf(0.975, k - 1))
        if k > 2:
            pi = crit * math.sqrt(tau2 + se**2)
    numbers = {
        "k": k,
        "measure": measure,
        "scale": get_measure(measure).scale,
        "p_value": None,
        "estimate": estimate,
        "se": se,
        "ci_lower": estimate - crit * se,
        "ci_upper": estimate + crit * se,
        "tau2": tau2,
        "i2": 100 * max(0.0, (q - (k - 1)) / q) if q > 0 else 0.0,
        "i2_q": 100 * max(0.0, (q - (k - 1)) / q) if q > 0 else 0.0,
        "q": q,
        "q_df": k - 1,
        "q_p_value": float(chi2.sf(q, k - 1)) if k > 1 else None,
        "pi_lower": None if pi is None else estimate - pi,
        "pi_upper": None if pi is None else estimate + pi,
        "ci_method": "wald" if common else model,
        "weights": [a / sum(u) for a in u],
    }
    return sample_records.pool(**numbers)


def group(label: str, trials: list[Json], measure: str = "HR") -> Json:
    """Pool a group and write the weights into its trials."""
    k = len(trials)
    main = pool(trials, "hk-adhoc", measure)
    for item, weight in zip(trials, main["weights"], strict=True):
        item["weight"] = weight
    sizes = [item[side]["n"] for item in trials for side in ("experimental", "control")]
    models = ("common-effect", "hk", "hk-adhoc")
    return sample_records.group(
        **main,
        label=label,
        mechanism=label,
        kind="added to",
        n=None if None in sizes else sum(sizes),
        primary_model="single-trial" if k == 1 else "hk-adhoc",
        models={name: pool(trials, name, measure) for name in models} if k > 1 else {},
    )


def record(
    identifier: str, title: str, trials: list[Json], *, measure: str = "HR", **changes: Any
) -> Json:
    """Assemble a result record from trials that carry their group, as result.json holds it."""
    labels = list(dict.fromkeys(item["group"] for item in trials))
    groups = [group(label, [x for x in trials if x["group"] == label], measure) for label in labels]
    own = {
        "id": identifier,
        "title": title,
        "measure": measure,
        "scale": get_measure(measure).scale,
        "measure_name": get_measure(measure).name,
        "design": "",
        "endpoints": ["OS"],
        "endpoint_names": {},
        "model": "random effects, tau² by restricted maximum likelihood",
        "trials": trials,
        "groups": groups,
        "overall_reason": "Adding a drug and replacing one by another are different questions.",
        "sources": {
            item["source"]: source(citation=item["label"], doi=f"10.1000/{item['source']}")
            for item in trials
        },
    }
    return to_plain(sample_records.result(**{**own, **changes}))


def source(**known: str) -> Json:
    return {"citation": "", "doi": None, "pmid": None, "url": None, **known}


def trials_made(*trials: Json) -> tuple[WeighedTrial, ...]:
    """Make typed trials."""
    return result_of(record("x", "t", list(trials))).trials


def survival() -> Json:
    """Overall survival: groups of one, two, four and six trials, one cut interval."""
    domain = "Domain-II antibody, added to"
    tki = "Tyrosine kinase inhibitor, added to"
    adc = "Antibody–drug conjugate, given instead of"
    cdk = "CDK4/6 inhibitor, added to"
    tp = "pertuzumab added to trastuzumab + docetaxel"
    trials = [
        trial("CLEOPATRA", 2020, domain, tp, (0.69, 0.58, 0.82), (235, 402), (280, 406),
              (CROSSOVER,)),
        trial("PUFFIN", 2022, domain, tp, (0.68, 0.45, 1.03), (41, 122), (52, 121)),
        trial("PERTAIN", 2021, domain,
              "pertuzumab added to trastuzumab + aromatase inhibitor", (1.05, 0.73, 1.52),
              (None, 129), (None, 129)),
        trial("PHEREXA", 2021, domain, "pertuzumab added to trastuzumab + capecitabine",
              (0.68, 0.51, 0.90), (83, 228), (108, 224), (CROSSOVER, BACK_CALCULATED)),
        trial("HER2CLIMB", 2022, tki, "tucatinib added to trastuzumab + capecitabine",
              (0.73, 0.59, 0.90), (233, 410), (137, 202)),
        trial("HER2CLIMB-02", 2023, tki, "tucatinib added to trastuzumab emtansine",
              (1.23, 0.87, 1.74), (67, 228), (61, 235)),
        trial("EMILIA", 2017, adc, "trastuzumab emtansine instead of lapatinib + capecitabine",
              (0.75, 0.64, 0.88), (303, 495), (330, 496), (CROSSOVER,)),
        trial("TH3RESA", 2017, adc,
              "trastuzumab emtansine instead of treatment of physician's choice",
              (0.68, 0.54, 0.85), (216, 404), (126, 198)),
        trial("MARIANNE", 2019, adc, "trastuzumab emtansine instead of trastuzumab + taxane",
              (0.93, 0.73, 1.20), (129, 367), (131, 365)),
        trial("DESTINY-Breast02", 2023, adc,
              "trastuzumab deruxtecan instead of treatment of physician's choice",
              (0.66, 0.50, 0.86), (143, 406), (86, 202)),
        trial("DESTINY-Breast03", 2024, adc,
              "trastuzumab deruxtecan instead of trastuzumab emtansine",
              (0.73, 0.56, 0.94), (110, 261), (126, 263)),
        trial("TULIP (SYD985.002)", 2023, adc,
              "trastuzumab duocarmazine instead of treatment of physician's choice",
              (0.87, 0.68, 1.12), (None, 291), (None, 146), (ASYMMETRIC,)),
        trial("monarcHER", 2020, cdk,
              "abemaciclib + fulvestrant instead of chemotherapy, with trastuzumab",
              (0.71, 0.48, 1.05)),
    ]  # fmt: skip
    return record(
        "metastatic-os",
        "Overall survival, HER2-positive advanced disease",
        trials,
        subgroup_test={
            "statistic": "F", "value": 1.37, "df1": 3, "df2": 9, "p_value": 0.313,
            "tau2_assumption": "common", "tau2": 0.01, "k": 13, "groups": 4,
            **dict.fromkeys(("residual_q", "residual_p_value"), None), "residual_df": 9,
            "note": "A comparison between trials, not between patients: low credibility.",
        },
    )  # fmt: skip


def response() -> Json:
    """Response by odds ratio: benefit lies above 1, and all trials are pooled."""
    add, swap = "Second HER2 blocker, added to", "Lapatinib, given instead of"
    trials = [
        trial("NeoSphere", 2012, add, "pertuzumab added to trastuzumab + docetaxel",
              (2.07, 1.22, 3.52), (49, 107), (31, 107)),
        trial("NeoALTTO", 2012, add, "lapatinib added to trastuzumab + paclitaxel",
              (2.60, 1.50, 4.58), (78, 152), (44, 149)),
        trial("CHER-LOB", 2012, add, "lapatinib added to trastuzumab + chemotherapy",
              (2.62, 0.97, 7.06), (21, 46), (9, 36)),
        trial("CALGB 40601", 2016, add, "lapatinib added to trastuzumab + paclitaxel",
              (1.48, 0.89, 2.46), (65, 117), (54, 118)),
        trial("NSABP B-41", 2013, add, "lapatinib added to trastuzumab + chemotherapy",
              (1.48, 0.90, 2.43), (106, 171), (93, 177)),
        trial("GeparQuinto", 2012, swap, "lapatinib instead of trastuzumab",
              (0.68, 0.47, 0.97), (70, 308), (93, 307)),
        trial("Tiny", 2011, swap, "lapatinib instead of trastuzumab", (0.9, 0.05, 16.2),
              (2, 9), (2, 8)),
    ]  # fmt: skip
    built = record(
        "neoadjuvant-pcr",
        "Pathological complete response",
        trials,
        measure="OR",
        benefit="higher",
        favours={"lower": "Favours control", "higher": "Favours experimental"},
        overall_reason="",
    )
    weights = [item["weight"] for item in trials]
    built["overall"] = {**group("Overall", trials, "OR"), "label": "Overall"}
    for item, weight in zip(trials, weights, strict=True):
        item["weight"] = weight
    return built


def non_inferiority() -> Json:
    """Shorter against longer treatment: margins on one side, one trial without."""
    weeks, months, years = "Nine weeks v 12 months", "Six v 12 months", "12 v 24 months"
    trials = [
        trial("HERA", 2017, years, "12 v 24 months", (1.01, 0.89, 1.15), (505, 1702), (481, 1700)),
        trial("PHARE", 2019, months, "6 v 12 months", (1.08, 0.93, 1.25), (359, 1690), (345, 1690)),
        trial("Short-HER", 2023, weeks, "9 weeks v 12 months", (1.06, 0.83, 1.36)),
        trial("SOLD", 2024, weeks, "9 weeks v 12 months", (1.36, 1.10, 1.68)),
    ]  # fmt: skip
    for item, upper in zip(trials, (None, 1.15, 1.29, 1.8), strict=True):
        item["margin"] = upper and {"lower": None, "upper": math.log(upper), "source": "protocol"}
    built = record("duration-dfs", "Shorter against longer", trials, design="non-inferiority")
    strictest = (None, trials[1]["margin"], trials[2]["margin"])
    for item, margin in zip(built["groups"], strictest, strict=True):
        item["margin"] = margin and {"lower": margin["lower"], "upper": margin["upper"]}
    return built


def equivalence() -> Json:
    """Biosimilars: margins on both sides, beyond every interval."""
    trials = [
        trial(f"Biosimilar {index}", 2018, "Biosimilar against reference", "", effect,
              (220, 352), (236, 355))
        for index, effect in enumerate(((0.98, 0.94, 1.02), (0.99, 0.95, 1.04)))
    ]  # fmt: skip
    margin = {"lower": math.log(0.8), "upper": math.log(1.25)}
    for item in trials:
        item["margin"] = {**margin, "source": "protocol"}
    built = record("biosimilars", "Biosimilars", trials, design="equivalence")
    built["groups"][0]["margin"] = margin
    return built


def difference() -> Json:
    """Risk differences, without arms' sizes and without groups of several trials."""
    trials = [
        trial("ALTTO", 2016, "Lapatinib, added to", "lapatinib added to trastuzumab",
              (0.021, -0.004, 0.046), log=False),
        trial("ExteNET", 2017, "Neratinib, added to", "neratinib added to observation",
              (-0.0251, -0.049, -0.002), log=False),
    ]  # fmt: skip
    return record("adjuvant-rd", "Risk difference at five years", trials, measure="RD")


def single() -> Json:
    """The smallest record: one trial, no arms' sizes, no flags."""
    trials = [trial("PHILA", None, "Pyrotinib, added to", "", (0.41, 0.32, 0.53))]
    return record("one-trial", "Progression-free survival", trials, overall_reason="")


def long_names() -> Json:
    """Labels and comparisons that must wrap, one beyond three lines, two trials of unequal size."""
    name = "Neratinib versus lapatinib + capecitabine, randomised phase II (Martin 2013)"
    comparison = (
        "neratinib, pertuzumab and a very long list of further agents that were given for as long "
        "as the treating physician saw fit instead of lapatinib + capecitabine followed by "
        "endocrine therapy where the receptor status asked for it, and by observation otherwise, "
        "with radiotherapy according to local guidelines in both arms"
    )
    trials = [
        trial(name, 2013, "A group with a heading that is " + "rather long, " * 9 + "added to",
              comparison, (1.25, 0.83, 1.86), (68, 117), (62, 116),
              tuple(f"Remark {index}: " + "a remark that runs on, " * 9 for index in range(3))),
        trial("Supercalifragilisticexpialidocious-Trial", 2020, "Others", comparison[:90],
              (0.2, 0.01, 9.5), (1, 4), (3, 5)),
        trial("BIG", 2021, "Others", comparison[:60], (0.90, 0.86, 0.94), (2000, 8000),
              (2100, 8001)),
    ]  # fmt: skip
    return record("long-names", "Long names " * 20, trials)


def tall() -> Json:
    """More rows than fit a glance, most groups with one trial."""
    trials = [
        trial(f"TRIAL {index}", 2000 + index, f"Mechanism {max(index // 2, index - 4)} added",
              "one drug added to another" + " and a third" * (index % 4),
              (0.6 + 0.04 * index, 0.45 + 0.04 * index, 0.9 + 0.03 * index),
              (50 + index, 200), (60, 200))
        for index in range(24)
    ]  # fmt: skip
    return record("tall", "Many mechanisms", trials)


def empty() -> Json:
    """A question that no trial answers."""
    return record("empty", "Nothing yet", [])


def all_records() -> dict[str, Json]:
    return {
        build.__name__: build()
        for build in (
            survival,
            response,
            non_inferiority,
            equivalence,
            difference,
            single,
            long_names,
            tall,
            empty,
        )
    }
