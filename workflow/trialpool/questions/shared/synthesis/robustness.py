"""How much each pooled group hangs on trials, time, small studies and choices."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from trialpool.measures import get_measure
from trialpool.questions.shared.synthesis.answers import DIFFERS, answer_of, answers_to
from trialpool.questions.shared.synthesis.multiarm import independent_groups
from trialpool.questions.shared.synthesis.multiverse import multiverse_of
from trialpool.sensitivity import (
    MIN_TRIALS_FOR_TESTS,
    Refits,
    cumulative,
    gosh,
    influence,
    leave_one_out,
    summarise_gosh,
)
from trialpool.sensitivity.small_study_tests import Counts, small_study_record, too_few

Json = dict[str, Any]

FROM_THREE: Final = 3
GOSH_FROM: Final = 4
# Drawn anew in every build: enough for shares to about one percent.
GOSH_SUBSETS: Final = 2**12
CI: Final = "hk-adhoc"


def robustness(
    record: Json, variants: Sequence[Mapping[str, Any]]
) -> tuple[list[Json], list[Json]]:
    """Compute the entries of `sensitivity` on robustness (docs/result-record.md).

    Parameters
    ----------
    record : dict
        The result record of the question.
    variants : sequence of mapping
        Its other policies with their trials, from question.json.

    Returns
    -------
    entries : list of dict
    rows : list of dict
        The multiverse, one row per analysis.
    """
    groups = [
        (group, [trial for trial in record["trials"] if trial["group"] == group["label"]])
        for group in record["groups"]
        if group["k"] > 1 and group in independent_groups(record["groups"], record["trials"])
    ]
    settings = record["settings"]
    fit = {"tau2": settings["tau2_method"], "ci": CI, "level": settings["level"]}
    entries = [
        _entry(
            "leave-one-out",
            "Leave-one-out",
            "The pool without each trial in turn, for groups of three trials or more.",
            [row for group, own in groups for row in _leave_one_out(group, own, record, fit)],
        ),
        _entry(
            "cumulative",
            "Cumulative by year",
            "The pool of the first trials up to each year, for groups of three trials or more "
            "whose years are all known.",
            [row for group, own in groups for row in _cumulative(group, own, record, fit)],
        ),
        _entry(
            "influence",
            "Influence",
            "What each trial does to the pool when it is left out (Viechtbauer and Cheung 2010), "
            "for groups of three trials or more.",
            [row for group, own in groups for row in _influence(group, own, fit)],
        ),
        _entry(
            "small-study",
            "Small-study effects",
            f"Regression and rank tests, trim and fill, selection model and PET-PEESE, for groups "
            f"of {MIN_TRIALS_FOR_TESTS} trials or more.",
            [_small_study(group, own, record, fit) for group, own in groups],
        ),
        _entry(
            "gosh",
            "Subsets of the trials (GOSH)",
            f"The pool of every subset of two trials or more (a seeded sample of {GOSH_SUBSETS} "
            "where there are more), for groups of four trials or more.",
            [_gosh(group, own, record, fit) for group, own in groups if len(own) >= GOSH_FROM],
        ),
    ]
    entry, rows = multiverse_of(record, variants)
    return [*entries, entry], rows


def _entry(name: str, label: str, description: str, results: list[Json]) -> Json:
    return {
        "id": name,
        "kind": name,
        "label": label,
        "description": description,
        "ci_method": CI,
        "results": results,
    }


def _effects(trials: Sequence[Json]) -> tuple[list[float], list[float]]:
    return [trial["estimate"] for trial in trials], [trial["se"] ** 2 for trial in trials]


def _refits(
    group: Json, found: Refits, trials: Sequence[Json], record: Json, word: str
) -> Iterator[Json]:
    answers = answers_to(found.ci_lower, found.ci_upper, group, record)
    for row, answer in zip(found.to_rows(), answers.tolist(), strict=True):
        trial = trials[row["trial"]]
        year = f" ({trial['year']})" if word == "up to" else ""
        yield {
            "group": group["label"],
            "analysis": f"{word} {trial['label']}{year}",
            **{key: row[key] for key in ("k", "estimate", "ci_lower", "ci_upper", "tau2")},
            "trials": [trial["label"]],
            "answer": answer,
        }


def _leave_one_out(group: Json, trials: Sequence[Json], record: Json, fit: Json) -> list[Json]:
    if len(trials) < FROM_THREE:
        return []
    return list(_refits(group, leave_one_out(*_effects(trials), **fit), trials, record, "without"))


def _cumulative(group: Json, trials: Sequence[Json], record: Json, fit: Json) -> list[Json]:
    years = [trial["year"] for trial in trials if trial.get("year") is not None]
    if len(trials) < FROM_THREE or len(years) < len(trials):
        return []
    found = cumulative(*_effects(trials), years, **fit)
    return list(_refits(group, found, trials, record, "up to"))


def _influence(group: Json, trials: Sequence[Json], fit: Json) -> list[Json]:
    if len(trials) < FROM_THREE:
        return []
    rows = influence(*_effects(trials), tau2=fit["tau2"]).to_rows()
    names = ("rstudent", "dffits", "cook_d", "cov_ratio", "tau2_deleted", "hat", "influential")
    return [
        {
            "group": group["label"],
            "trial": trials[row["trial"]]["label"],
            **{name: row[name] for name in names},
        }
        for row in rows
    ]


def _small_study(group: Json, trials: Sequence[Json], record: Json, fit: Json) -> Json:
    k = len(trials)
    if k < MIN_TRIALS_FOR_TESTS:
        return {"group": group["label"], "k": k, "enough": False, "note": too_few(k)}
    measure = get_measure(record["measure"])
    found = small_study_record(
        *_effects(trials),
        k=k,
        measure=measure.code,
        counts=_counts(trials) if measure.code == "OR" else None,
        ni=_patients(trials),
        # Results that favour the experimental side are the ones likelier to be seen.
        alternative="less" if record["benefit"] == "lower" else "greater",
        **fit,
    )
    for filled in found["trim_and_fill"]:
        filled["trimmed"] = [trials[i]["label"] for i in filled["trimmed"]]
    return {"group": group["label"], **found}


def _patients(trials: Sequence[Json]) -> list[int] | None:
    sizes = [[trial[side].get("n") for side in ("experimental", "control")] for trial in trials]
    if any(n is None for pair in sizes for n in pair):
        return None
    return [a + b for a, b in sizes]


def _counts(trials: Sequence[Json]) -> Counts | None:
    cells = [
        [trial[side].get(name) for side in ("experimental", "control") for name in ("events", "n")]
        for trial in trials
    ]
    if any(cell is None for row in cells for cell in row):
        return None
    return Counts(*([row[i] for row in cells] for i in range(4)))


def _gosh(group: Json, trials: Sequence[Json], record: Json, fit: Json) -> Json:
    found = gosh(*_effects(trials), smallest=2, max_subsets=GOSH_SUBSETS, **fit)
    summary = summarise_gosh(found, null_value=record["null_value"]).to_dict()
    answer = answer_of(group, record)
    same = None
    if answer is not None and answer != DIFFERS:
        own = answers_to(found.ci_lower, found.ci_upper, group, record)
        same = float((own == answer).mean())
    splits = summary["splits"]
    summary["splits"] = None if splits is None else trials[splits]["label"]
    assert not math.isnan(summary["minimum"])
    return {"group": group["label"], "k": len(trials), "answer": answer, "same": same, **summary}
