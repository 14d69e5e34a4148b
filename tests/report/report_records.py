"""Result records for the tests of the report, pooled from printed numbers of real trials."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from pooled_records import pooled

from trialpool.effects.counts import effect_from_counts
from trialpool.records.comparison import ComparisonResult

Json = dict[str, Any]
Z = 1.959963984540054

ADDED = "Pertuzumab added"
INSTEAD = "T-DM1 instead of lapatinib + capecitabine"
DUAL = "Lapatinib added to trastuzumab"

SVG = """<?xml version="1.0" encoding="utf-8"?>
<svg xmlns="http://www.w3.org/2000/svg" id="{id}" role="img" aria-labelledby="{id}-title {id}-desc"
 width="540.000pt" height="180.000pt" viewBox="0 0 540.000 180.000" version="1.1">
<title id="{id}-title">Plot</title>
<desc id="{id}-desc">Forest plot: two groups &amp; an arrow.</desc>
<defs><style>#{id} * {{ stroke-linejoin: round }}</style></defs>
<g id="{id}-mark"><line x1="10" y1="90" x2="530" y2="90" style="stroke: #333"/>
<rect x="200" y="80" width="20" height="20"/><text x="10" y="40">CLEOPATRA</text></g>
</svg>
"""


def figure(question_id: str) -> str:
    return SVG.format(id=question_id)


def arm(label: str, events: int | None, n: int | None) -> Json:
    return {
        "arm_id": label.lower().replace(" ", "-"),
        "label": label,
        "agents": [label.lower()],
        "n": n,
        "events": events,
    }


def _trial(label: str, year: int, group: str, endpoint: str, effect: tuple[float, float]) -> Json:
    key = label.lower().replace(" ", "-")
    return {
        "row_ids": [f"{key}.{endpoint.lower()}.t01"],
        "trial_id": key,
        "label": label,
        "year": year,
        "group": group,
        "comparison": "pertuzumab added to trastuzumab + docetaxel",
        "experimental": arm("Pertuzumab", None, None),
        "control": arm("Placebo", None, None),
        "endpoint": endpoint,
        "estimate": effect[0],
        "se": effect[1],
        "source": f"{key}{year}",
        "locator": "abstract",
        "maturity": "final",
        "population": "ITT",
        "definition": "",
        "extraction": "double",
        "derivation": {},
        "flags": [],
    }


def hazard_ratio(
    label: str,
    year: int,
    group: str,
    printed: tuple[str, str, str],
    arms: tuple[Json, Json] | None = None,
    **changes: Any,
) -> Json:
    hr, lower, upper = map(float, printed)
    effect = (math.log(hr), math.log(upper / lower) / (2 * Z))
    trial = _trial(label, year, group, "OS", effect)
    trial["derivation"] = {
        "rung": "ratio with interval",
        "formula": "yi = ln(ratio); se = (ln(upper) − ln(lower)) / (2 z)",
        "reference": "Parmar 1998, Stat Med 17:2815",
        "inputs": dict(
            zip(("estimate", "ci_lower", "ci_upper", "ci_level"), (*printed, "95"), strict=True)
        ),
    }
    if arms is not None:
        trial["experimental"], trial["control"] = arms
    return {**trial, **changes}


def odds_ratio(label: str, year: int, counts: tuple[int, int, int, int], **changes: Any) -> Json:
    effect = effect_from_counts(*counts, "OR")
    trial = _trial(label, year, DUAL, "pCR", (effect.yi, effect.sei))
    trial["row_ids"] = [f"{trial['trial_id']}.pcr.r0{number}" for number in (1, 2)]
    trial["comparison"] = "lapatinib added to trastuzumab + paclitaxel"
    trial["experimental"] = arm("Lapatinib + trastuzumab", counts[0], counts[1])
    trial["control"] = arm("Trastuzumab", counts[2], counts[3])
    trial["maturity"] = trial["population"] = ""
    trial["definition"] = "ypT0/is ypN0"
    trial["derivation"] = {
        "rung": "counts of two arms",
        "formula": "yi = ln(a d / (b c))",
        "reference": "Cochrane Handbook 6.5, 10.4",
        "inputs": {
            "experimental": f"{counts[0]} of {counts[1]}",
            "control": f"{counts[2]} of {counts[3]}",
        },
    }
    return {**trial, **changes}


def question(question_id: str, trials: list[Json], **changes: Any) -> Json:
    labels = list(dict.fromkeys(trial["group"] for trial in trials))
    is_or = changes.get("measure", "HR") != "HR"
    return {
        "id": question_id,
        "title": "Overall survival, advanced disease",
        "question": "How does each strategy change the hazard of death?",
        "measure": "HR",
        "endpoints": ["OS"],
        "endpoint_names": {"OS": "overall survival"},
        "endpoint_events": {"OS": "deaths"},
        "benefit": "lower",
        "table": "responses" if is_or else "time_to_event",
        "trials": {"setting": ["metastatic"], "design": ["rct"]},
        "populations": [] if is_or else ["itt", "modified-itt"],
        "definitions": ["ypT0/is ypN0", "ypT0 ypN0"] if is_or else [],
        "contrasts": ["strategy"],
        "report_policy": "surest-count" if is_or else "latest",
        "multiarm": "choose",
        "choose": {"altto": [["l-plus-t", "t"], ["l", "t"]]},
        "joint_analyses": [],
        "exclude_trials": {},
        "exclude_rows": {},
        "biomarker": None,
        "design": "superiority",
        "arm_names": {"experimental": "experimental", "control": "control"},
        "variants": [],
        "pooling": {
            **{"tau2": "REML", "pi": "t", "level": 0.95},
            "tau_prior": None if is_or else "bartos2023-hr",
        },
        "overall": None,
        "overall_reason": "Adding a drug and replacing one are different questions.",
        "comment": "Crossover pulls the hazard ratio of overall survival towards 1.",
        "groups": [
            {
                "label": label,
                "mechanism": label.split()[0],
                "mechanisms": [label.split()[0].lower()],
                "kind": "added to",
            }
            for label in labels
        ],
        "excluded": [],
        "sources": {trial["source"]: source(trial) for trial in trials},
        **changes,
    }


def source(trial: Json) -> Json:
    year = trial["year"]
    return {
        "citation": f"{trial['label']} investigators. Results of the trial. J Clin Oncol {year}.",
        "doi": f"10.1000/{trial['trial_id']}.{year}",
        "pmid": f"{year}0001",
        "url": f"https://doi.org/10.1000/{trial['trial_id']}.{year}",
    }


def survival_trials() -> list[Json]:
    return [
        hazard_ratio(
            "CLEOPATRA",
            2015,
            ADDED,
            ("0.68", "0.56", "0.84"),
            (arm("Pertuzumab", 168, 402), arm("Placebo", 221, 406)),
        ),
        hazard_ratio(
            "PHEREXA",
            2016,
            ADDED,
            ("0.68", "0.51", "0.90"),
            (arm("Pertuzumab", None, 228), arm("Control", None, 224)),
            maturity="interim",
            extraction="single",
            flags=["interim analysis"],
        ),
        hazard_ratio("PUFFIN", 2022, ADDED, ("0.68", "0.45", "1.03")),
        hazard_ratio(
            "EMILIA",
            2017,
            INSTEAD,
            ("0.75", "0.64", "0.88"),
            (arm("T-DM1", 303, 495), arm("Lapatinib + capecitabine", 333, 496)),
            comparison="T-DM1 instead of lapatinib + capecitabine",
        ),
    ]


def excluded_rows() -> list[Json]:
    def row(row_id: str, label: str, stage: str, reason: str) -> Json:
        trial_id = row_id.split(".", maxsplit=1)[0]
        return {
            "row_id": row_id, "trial_id": trial_id, "label": label, "stage": stage, "reason": reason
        }  # fmt: skip

    audit = "failed the audit: the interval is narrower than the number of patients allows"
    latest = "cleopatra.os.t01 is preferred: final before interim analysis"
    low = "her2_status is low, the question asks for positive"
    return [
        row("cerebel.os.t01", "CEREBEL", "not poolable", audit),
        row("cleopatra.os.t02", "CLEOPATRA", "another report used", latest),
        row("cleopatra.os.t03", "CLEOPATRA", "another report used", latest),
        row("destiny-breast04.os.t01", "DESTINY-Breast04", "outside the question", low),
        row("destiny-breast04.os.t02", "DESTINY-Breast04", "outside the question", low),
        row("cleopatra.os.t04", "CLEOPATRA", "part of the trial", "patients with CNS disease only"),
    ]


@cache
def survival() -> ComparisonResult:
    """Three trials in one group under the Bayesian model, one alone in another."""
    trials = survival_trials()
    return pooled(question("metastatic-os", trials, excluded=excluded_rows()), trials)


def response_trials() -> list[Json]:
    from_percent = {"flags": ["events from a percentage that fits several counts"]}
    trials = [
        odds_ratio("NeoALTTO", 2012, (78, 152, 44, 149)),
        odds_ratio("CHER-LOB", 2012, (20, 44, 9, 36), **from_percent),
        odds_ratio("NSABP B-41", 2013, (106, 171, 93, 177)),
        odds_ratio("TRIO-US B07", 2013, (30, 58, 16, 34), extraction="single"),
        odds_ratio("CALGB 40601", 2016, (66, 117, 54, 118)),
    ]
    trials[1]["experimental"] |= {"events_smallest": 20, "events_largest": 21}
    return trials


@cache
def response() -> ComparisonResult:
    """Five trials in one group; without a prior random effects speak."""
    trials = response_trials()
    return pooled(
        question(
            "neoadjuvant-pcr",
            trials,
            title="Pathological complete response, before surgery",
            question="How does each strategy change the odds of a complete response?",
            measure="OR",
            endpoints=["pCR"],
            endpoint_names={"pCR": "pathological complete response"},
            benefit="higher",
            comment="A surrogate endpoint.",
        ),
        trials,
    )


def records() -> list[ComparisonResult]:
    return [survival(), response()]


SETTINGS = {
    "title": "Treatment and resistance",
    "subtitle": "A living meta-analysis",
    "authors": "The maintainers",
    "description": "Which strategy works, in whom, and how sure are we?",
    "data_note": "Each extracted row names its source.",
    "citation": "Treatment and resistance: a living meta-analysis.",
}


def finding(**changes: str) -> dict[str, str]:
    """A row of audit.csv."""
    empty = dict.fromkeys(("row_id", "column", "value", "printed", "feasible", "accepted"), "")
    return {**empty, "rule": "p-value", "level": "warning", "message": "", **changes}


FINDINGS = [
    finding(
        row_id="cerebel.os.t01",
        column="ci_upper",
        value="1.01",
        rule="interval-width",
        level="unusable",
        message="narrower than the number of patients allows",
    ),
    *(finding(row_id=f"t{number}.os.t01") for number in range(14)),
]


def figures() -> dict[str, str]:
    return {record.id: figure(record.id) for record in records()}
