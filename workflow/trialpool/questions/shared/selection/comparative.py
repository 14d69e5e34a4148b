"""A question's selection: from all rows of its endpoints to the trials of its pool."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from trialpool.effects.counts import COUNT_FORMULAS, COUNT_REFERENCE, effect_from_counts
from trialpool.effects.derive import SECONDARY
from trialpool.evidence.citations import cite
from trialpool.measures import Endpoint, get_measure
from trialpool.questions.interaction.select import select_interactions
from trialpool.questions.mean_time import candidates as restricted_means
from trialpool.questions.mean_time.landmarks import short_curves
from trialpool.questions.prognosis.select import select_prognostic
from trialpool.questions.proportion.select import select_proportions
from trialpool.questions.shared.selection import responses, time_to_event
from trialpool.questions.shared.selection.candidates import (
    Arm,
    Candidate,
    Excluded,
    Library,
    inputs_of,
)
from trialpool.questions.shared.selection.report_policy import (
    choose_contrasts,
    choose_reports,
    replace_members,
)
from trialpool.questions.shared.selection.third_contrasts import third_contrasts

Json = dict[str, Any]

_CANDIDATES: Final = {
    "time_to_event": time_to_event.candidates,
    "responses": responses.candidates,
    "reconstructed_survival": restricted_means.candidates,
}


@dataclass(frozen=True)
class Selection:
    """What a question's pool is made of.

    Attributes
    ----------
    trials : tuple of dict
        One record per effect, in display order (see docs/result-record.md),
        without weights.
    groups : tuple of dict
        Label, mechanism and kind of each group, in display order.
    excluded : tuple of Excluded
        Every other row of the question's endpoints with its reason.
    sources : dict
        Citations of the sources of the pooled trials.
    variants : tuple of dict
        The trials under each other policy that the question names.
    all_arms : tuple of dict
        The trials with the further comparisons that the question names under `all_arms`.
    moderators : dict
        Column -> trial -> value as text, empty where it is not given.
    one_level : tuple of dict
        Of a question about an interaction: effects of trials that report one level only.
    subtracted : tuple of dict
        Of the same: differences one level of which is derived from the whole trial.
    short_curves : tuple of dict
        Of a question about curves: trials whose curves end before its horizon, at their longest.
    """

    trials: tuple[Json, ...]
    groups: tuple[Json, ...]
    excluded: tuple[Excluded, ...]
    sources: dict[str, Json]
    variants: tuple[Json, ...] = ()
    all_arms: tuple[Json, ...] = ()
    moderators: dict[str, dict[str, str]] = field(default_factory=dict)
    one_level: tuple[Json, ...] = ()
    subtracted: tuple[Json, ...] = ()
    short_curves: tuple[Json, ...] = ()


# What a re-analysis needs of a trial: its effect, and what inclusion rules look at.
_OF_A_VARIANT = (
    *("row_ids", "trial_id", "label", "group", "estimate", "se"),
    *("maturity", "extraction", "flags"),
)

_OF_ALL_ARMS = (*_OF_A_VARIANT, "experimental", "control", "third_contrasts")


def select_with_variants(library: Library, question: Mapping[str, Any]) -> Selection:
    """Apply a question's filters and policies, and each other policy that it names.

    A variant changes settings of the question (another report policy, more
    endpoints, other populations); the trials that it would pool are kept for a
    re-analysis beside the main one.
    """
    chosen = select(library, question)
    variants = []
    for variant in question.get("variants", []):
        other = select(library, {**question, **variant["settings"]})
        trials = [{name: trial[name] for name in _OF_A_VARIANT} for trial in other.trials]
        named = {name: variant[name] for name in ("id", "label")}
        variants.append({**named, "changes": sorted(variant["settings"]), "trials": trials})
    every: tuple[Json, ...] = ()
    if question.get("all_arms"):
        contrasts = {**question.get("choose", {}), **question["all_arms"]}
        other = select(library, {**question, "multiarm": "gls", "choose": contrasts})
        every = tuple({name: trial[name] for name in _OF_ALL_ARMS} for trial in other.trials)
    return replace(
        chosen,
        variants=tuple(variants),
        all_arms=every,
        moderators=_moderators(library, question, chosen.trials),
        short_curves=short_curves(library, question, chosen.trials, _trials),
    )


def _trials(library: Library, question: Mapping[str, Any]) -> Sequence[Json]:
    return select(library, question).trials


def _moderators(
    library: Library, question: Mapping[str, Any], trials: Sequence[Json]
) -> dict[str, dict[str, str]]:
    """Value of each moderator in each trial: the year of its report, or a column of trials.csv."""
    found: dict[str, dict[str, str]] = {}
    for column in question.get("moderators", []):
        found[column] = {
            trial["trial_id"]: str(trial["year"] or "")
            if column == "year"
            else str(library.trials[trial["trial_id"]][column])
            for trial in trials
        }
    return found


def select(library: Library, question: Mapping[str, Any]) -> Selection:
    """Apply a question's filters and policies.

    Parameters
    ----------
    library : Library
        Raw tables, derived effects and taxonomy.
    question : mapping
        One entry of questions.yaml.
    """
    for setting, special in (
        ("single_arm", select_proportions),
        ("prognostic", select_prognostic),
    ):
        if question.get(setting) is None:
            continue
        trials, groups, out_of_it = special(library, question)
        named = sorted({trial["source"] for trial in trials})
        sources = {name: cite(library.source(name)) for name in named}
        return Selection(tuple(trials), tuple(groups), tuple(out_of_it), sources)
    if question.get("interaction") is not None:
        return _select_interactions(library, question)
    candidates, excluded = _CANDIDATES[question["table"]](library, question)
    candidates, out = replace_members(candidates, library.taxonomy_config.get("overlaps", []))
    excluded += out
    every = candidates
    candidates, out = choose_contrasts(
        candidates, question.get("choose", {}), question.get("multiarm", "choose")
    )
    excluded += out
    candidates, out = choose_reports(candidates)
    excluded += out
    chosen: list[tuple[Candidate, Json]] = []
    for candidate in candidates:
        record, reason = _record(candidate, question["measure"])
        if record is None:
            excluded += [
                Excluded(row_id, candidate.trial_id, candidate.label, "not poolable", reason)
                for row_id in candidate.row_ids
            ]
        else:
            chosen.append((candidate, record))
    for candidate, record in chosen:
        record["margin"] = _margin(question, candidate.trial_id)
        several = sum(other.trial_id == candidate.trial_id for other, _ in chosen) > 1
        record["third_contrasts"] = third_contrasts(candidate, every) if several else []
    chosen.sort(key=lambda pair: _display_order(pair[0]))
    # An arm may serve in one comparison that is used and in another that is not.
    used = {row_id for candidate, _ in chosen for row_id in candidate.row_ids}
    once = {item.row_id: item for item in reversed(excluded) if item.row_id not in used}
    return Selection(
        tuple(record for _, record in chosen),
        _groups([candidate for candidate, _ in chosen]),
        tuple(sorted(once.values(), key=lambda item: (item.trial_id, item.row_id))),
        {
            source_id: cite(library.source(source_id))
            for source_id in sorted({candidate.source_id for candidate, _ in chosen})
        },
    )


def _select_interactions(library: Library, question: Mapping[str, Any]) -> Selection:
    """Select the differences between levels of a marker."""
    found = select_interactions(library, question, _record)
    trials, chosen = found.trials, found.candidates
    for record in trials:
        record["margin"], record["third_contrasts"] = None, []
    order = sorted(range(len(trials)), key=lambda at: _display_order(chosen[at]))
    groups: dict[str, Json] = {}
    for at in order:
        heading = _groups([chosen[at]])[0]
        label = trials[at]["group"]
        groups.setdefault(label, {**heading, "label": label, "base": heading["label"]})
    shown = sorted(order, key=lambda at: list(groups).index(trials[at]["group"]))
    named = sorted({trial["source"] for trial in trials})
    return Selection(
        tuple(trials[at] for at in shown),
        tuple(groups.values()),
        tuple(sorted(found.excluded, key=lambda item: (item.trial_id, item.row_id))),
        {source_id: cite(library.source(source_id)) for source_id in named},
        one_level=found.one_level,
        subtracted=tuple(
            {name: record[name] for name in (*_OF_A_VARIANT, "levels")}
            for record in found.subtracted
        ),
    )


def _margin(question: Mapping[str, Any], trial_id: str) -> Json | None:
    """Margin of a trial on the analysis scale, None where the question has none."""
    margin = question.get("margins", {}).get(trial_id, question.get("margin"))
    if margin is None:
        return None
    measure = get_measure(question["measure"])
    limits: Json = {
        side: measure.to_analysis(float(margin[side])) if side in margin else None
        for side in ("lower", "upper")
    }
    return {**limits, "source": str(margin["source"])}


def _display_order(candidate: Candidate) -> tuple[Any, ...]:
    """Group by group; within a group by year, then name."""
    return (
        candidate.contrast.order,
        _year_of_trial(candidate) or 9999,
        candidate.label.casefold(),
        candidate.row_ids,
    )


def _groups(candidates: list[Candidate]) -> tuple[Json, ...]:
    groups: dict[str, Json] = {}
    for candidate in candidates:
        contrast = candidate.contrast
        groups.setdefault(
            contrast.group,
            {
                "label": contrast.group,
                "mechanism": contrast.mechanism,
                "mechanisms": list(contrast.mechanisms),
                "kind": contrast.kind,
            },
        )
    return tuple(groups.values())


def _record(candidate: Candidate, measure: str) -> tuple[Json | None, str]:
    """Build the trial record, or say why the comparison yields no effect size."""
    flags = list(candidate.flags)
    if candidate.derived["status"] == "count":
        arms = (candidate.experimental, candidate.control)
        counts = [(arm.events or 0, arm.n or 0) for arm in arms]
        try:
            effect = effect_from_counts(*counts[0], *counts[1], measure)
        except ValueError as error:
            return None, str(error)
        yi, sei = effect.yi, effect.sei
        if effect.corrected:
            flags.append("0.5 added to each cell (a cell is zero)")
        derivation: Json = {
            "rung": "counts of two arms",
            "formula": COUNT_FORMULAS[measure],
            "reference": COUNT_REFERENCE,
            "inputs": {
                side: f"{arm.events} of {arm.n}"
                + (f", printed as {arm.printed}" if arm.printed else "")
                for side, arm in zip(("experimental", "control"), arms, strict=True)
            },
            "se_lower": None,
            "se_upper": None,
        }
    else:
        yi, sei = float(candidate.derived["yi"]), float(candidate.derived["sei"])
        derivation = {
            "rung": str(candidate.derived["rung"]),
            "formula": str(candidate.derived["formula"]),
            "reference": str(candidate.derived["reference"]),
            "inputs": inputs_of(candidate.derived),
            "se_lower": _bound(candidate.derived["sei_lower"]),
            "se_upper": _bound(candidate.derived["sei_upper"]),
        }
    assert math.isfinite(yi)
    assert sei > 0
    record = {
        "row_ids": list(candidate.row_ids),
        "trial_id": candidate.trial_id,
        "label": candidate.label,
        "year": _year_of_trial(candidate),
        "group": candidate.contrast.group,
        "comparison": candidate.contrast.text,
        "experimental": _arm(candidate.experimental),
        "control": _arm(candidate.control),
        "endpoint": candidate.endpoint,
        "estimate": yi,
        "se": sei,
        "source": candidate.source_id,
        "locator": candidate.locator,
        "assessor": candidate.assessor,
        "maturity": candidate.maturity,
        "population": candidate.population,
        "definition": candidate.definition,
        "extraction": candidate.extraction,
        "derivation": derivation,
        "flags": flags,
    }
    if candidate.curve is not None:
        record["curve"] = dict(candidate.curve)
    return record, ""


def _bound(cell: Any) -> float | None:
    """Read a bound of the standard error; None where rounding leaves it open."""
    value = float(cell) if cell != "" else math.inf
    return value if math.isfinite(value) else None


def _year_of_trial(candidate: Candidate) -> int | None:
    """Year of the report; the year of a review's table is not the trial's."""
    return None if SECONDARY in candidate.flags else candidate.year


def _arm(arm: Arm) -> Json:
    record: Json = {
        "arm_id": arm.arm_id,
        "label": arm.label,
        "agents": list(arm.agents),
        "n": arm.n,
        "events": arm.events,
    }
    if arm.events_smallest != arm.events_largest:
        record |= {"events_smallest": arm.events_smallest, "events_largest": arm.events_largest}
    return record


def _pooling(pooling: Mapping[str, Any], measure: str) -> Json:
    """Keep of the priors the measure's own: another measure's is no business of this question."""
    kept = {name: value for name, value in pooling.items() if name != "tau_priors"}
    prior = pooling.get("tau_priors", {}).get(measure)
    return {**kept, "tau_prior": None if prior is None else dict(prior)}


def resolved_settings(
    question_id: str,
    question: Mapping[str, Any],
    pooling: Mapping[str, Any],
    endpoints: Mapping[str, Endpoint],
) -> Json:
    """Return the question with every default filled in, as question.json holds it."""
    measure = get_measure(question["measure"])
    endpoint = endpoints[question["endpoints"][0]]
    return {
        "schema_version": 1,
        "id": question_id,
        "kind": question["kind"],
        "title": question["title"],
        "question": question["question"].strip(),
        "measure": measure.code,
        "scale": measure.scale,
        "measure_name": measure.name,
        "endpoints": list(question["endpoints"]),
        "endpoint_names": {code: endpoints[code].name for code in question["endpoints"]},
        "benefit": endpoint.benefit(measure),
        "table": question["table"],
        "trials": {column: list(v) for column, v in question.get("trials", {}).items()},
        "populations": list(question.get("populations", [])),
        "definitions": list(question.get("definitions", [])),
        "contrasts": list(question.get("contrasts", [])),
        "report_policy": question["report_policy"],
        "multiarm": question.get("multiarm", ""),
        "choose": {trial: [list(p) for p in v] for trial, v in question.get("choose", {}).items()},
        "joint_analyses": list(question.get("joint_analyses", [])),
        "exclude_trials": dict(question.get("exclude_trials", {})),
        "exclude_rows": dict(question.get("exclude_rows", {})),
        "biomarker": question.get("biomarker"),
        "single_arm": question.get("single_arm"),
        "interaction": question.get("interaction"),
        "prognostic": question.get("prognostic"),
        "horizon_months": question.get("horizon_months"),
        "design": question.get("design", "superiority"),
        "arm_names": question.get(
            "arm_names", {"experimental": "experimental", "control": "control"}
        ),
        "pooling": _pooling(pooling, measure.code),
        "overall": question["overall"],
        "overall_reason": str(question.get("overall_reason", "")).strip(),
        "comment": str(question.get("comment", "")).strip(),
    }
