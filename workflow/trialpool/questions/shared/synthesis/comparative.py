"""From a question's selection to its result record (docs/result-record.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scipy.special import ndtri

from trialpool.measures import Measure, get_measure
from trialpool.pooling import PooledEffect, subgroup_difference
from trialpool.questions.comparison.count_models import count_models_sensitivity
from trialpool.questions.comparison.count_ranges import counts_sensitivity
from trialpool.questions.interaction.levels_pooled import (
    by_mechanism,
    by_subtraction,
    interaction_keys,
    with_level_intervals,
)
from trialpool.questions.mean_time.course import curves_record
from trialpool.questions.mean_time.curve_measures import curves_sensitivity
from trialpool.questions.proportion.pool import build_proportions
from trialpool.questions.shared.synthesis.moderators import moderators_sensitivity
from trialpool.questions.shared.synthesis.multiarm import (
    gls_subgroup_test,
    independent_groups,
    multiarm_sensitivity,
    pool_members,
)
from trialpool.questions.shared.synthesis.primary_model import (
    BAYES,
    choose_primary,
    pool_keys,
    prior_sensitivity,
    prior_settings,
    shrunken_effects,
)
from trialpool.questions.shared.synthesis.variants import variants_sensitivity

Json = dict[str, Any]

_ESTIMATOR_NAMES = {
    "REML": "restricted maximum likelihood",
    "ML": "maximum likelihood",
    "DL": "DerSimonian-Laird",
    "PM": "Paule-Mandel",
    "DL2": "two-step DerSimonian-Laird",
    "EB": "empirical Bayes",
    "HE": "Hedges",
    "HS": "Hunter-Schmidt",
    "HSk": "Hunter-Schmidt with the correction for few trials",
    "SJ": "Sidik-Jonkman",
}


def build_result(question: Mapping[str, Any], trials: Sequence[Json]) -> Json:
    """Pool a question's trials group by group.

    Parameters
    ----------
    question : mapping
        Contents of question.json: resolved settings, groups, excluded rows, sources.
    trials : sequence of dict
        Trial records of input.csv, group by group; effects on the analysis scale.

    Returns
    -------
    dict
        The result record, ready for JSON.
    """
    if question.get("single_arm") is not None:
        return build_proportions(question, trials)
    pooling = question["pooling"]
    measure = get_measure(question["measure"])
    records: list[Json] = []
    groups: list[Json] = []
    for heading in question["groups"]:
        members = [trial for trial in trials if trial["group"] == heading["label"]]
        group, of_trials = _pool_group(heading, members, measure, pooling)
        groups.append(group)
        for trial, added in zip(members, of_trials, strict=True):
            records.append(_with_interval(trial, added, pooling["level"]))
    records = with_level_intervals(question, records)
    overall = None
    if question["overall"] == "pooled" and trials:
        heading = {"label": "Overall", "mechanism": "", "mechanisms": [], "kind": ""}
        overall, _ = _pool_group(heading, list(trials), measure, pooling)
    return {
        "schema_version": 1,
        "id": question["id"],
        "title": question["title"],
        "question": question["question"],
        "measure": measure.code,
        "scale": measure.scale,
        "measure_name": measure.name,
        "null_value": 0.0,
        "design": question["design"],
        "endpoints": question["endpoints"],
        "endpoint_names": question["endpoint_names"],
        "benefit": question["benefit"],
        "arm_names": question["arm_names"],
        "favours": _favours(question),
        "model": _model_in_words(pooling),
        "settings": _settings(question),
        "trials": records,
        "groups": groups,
        "overall": overall,
        "overall_reason": question["overall_reason"] if overall is None else "",
        "subgroup_test": _subgroup_test(question, trials),
        "excluded": question["excluded"],
        "sensitivity": [
            *([] if _on_a_marker(question) else _other_analyses(question, groups, records)),
            *(_on_an_interaction(question, groups, records)),
            *prior_sensitivity(groups, records, measure, pooling),
        ],
        "sources": question["sources"],
        "comment": question["comment"],
        **curves_record(groups, records, pooling, question.get("short_curves", ())),
        **interaction_keys(question, groups, records),
        **({"prognostic": question["prognostic"]} if question.get("prognostic") else {}),
    }


def _on_an_interaction(
    question: Mapping[str, Any], groups: Sequence[Json], records: Sequence[Json]
) -> list[Json]:
    if not question.get("interaction"):
        return []
    return [
        *by_mechanism(question, groups, records),
        *by_subtraction(question, records),
    ]


def _on_a_marker(question: Mapping[str, Any]) -> bool:
    """Whether a question compares levels of a marker instead of treatments."""
    return bool(question.get("interaction") or question.get("prognostic"))


def _other_analyses(
    question: Mapping[str, Any], groups: Sequence[Json], records: Sequence[Json]
) -> list[Json]:
    """Re-analyses of effects; a difference between two levels has no counts of its own."""
    pooling, measure = question["pooling"], get_measure(question["measure"])
    independent = independent_groups(groups, records)
    return [
        *variants_sensitivity(question["variants"], records, measure, pooling),
        *counts_sensitivity(independent, records, measure, pooling),
        *curves_sensitivity(independent, records, pooling),
        *count_models_sensitivity(independent, records, measure, pooling),
        *multiarm_sensitivity(question, records, measure, pooling),
        *moderators_sensitivity(question, records, measure, pooling),
    ]


def _favours(question: Mapping[str, Any]) -> dict[str, str]:
    """Say which arm each side of the null favours, under the arms' names in the question."""
    if interaction := question.get("interaction"):
        name = question["arm_names"]["experimental"]
        better = "Better effect" + ("" if name == "experimental" else f" of {name}")
        ours, theirs = (
            f"{better}: {interaction['labels'][side]}" for side in ("positive", "negative")
        )
        lower = question["benefit"] == "lower"
        return {"lower": ours, "higher": theirs} if lower else {"lower": theirs, "higher": ours}
    if prognostic := question.get("prognostic"):
        first, second = (f"Better outcome: {level}" for level in prognostic["levels"])
        lower = question["benefit"] == "lower"
        return {"lower": first, "higher": second} if lower else {"lower": second, "higher": first}
    names = question["arm_names"]
    better, worse = f"Favours {names['experimental']}", f"Favours {names['control']}"
    if question["benefit"] == "lower":
        return {"lower": better, "higher": worse}
    return {"lower": worse, "higher": better}


def _model_in_words(pooling: Mapping[str, Any]) -> str:
    return f"random effects, tau² by {_ESTIMATOR_NAMES[pooling['tau2']]}"


def _settings(question: Mapping[str, Any]) -> Json:
    pooling = question["pooling"]
    filters = {
        name: question[name]
        for name in (
            "table",
            "trials",
            "populations",
            "definitions",
            "contrasts",
            "report_policy",
            "multiarm",
            "choose",
            "joint_analyses",
            "exclude_trials",
            "exclude_rows",
            "biomarker",
        )
    }
    if question.get("horizon_months"):
        filters["horizon_months"] = question["horizon_months"]
    for name in ("interaction", "prognostic"):
        if question.get(name):
            filters[name] = question[name]
    return {
        "tau2_method": pooling["tau2"],
        "ci_method": "hk-adhoc",
        "tau2_ci_method": "q-profile",
        "pi_method": pooling["pi"],
        "level": pooling["level"],
        "primary_from_k": pooling["primary_from_k"],
        **prior_settings(pooling),
        **filters,
    }


def pool(
    members: Sequence[Mapping[str, Any]],
    measure: Measure,
    pooling: Mapping[str, Any],
    *,
    tau2: str | None = None,
    ci: str = "hk-adhoc",
) -> PooledEffect:
    """Pool trial records with a question's settings."""
    return pool_members(members, measure, pooling, tau2=tau2, ci=ci)


def _pool_group(
    heading: Mapping[str, Any],
    members: Sequence[Json],
    measure: Measure,
    pooling: Mapping[str, Any],
) -> tuple[Json, list[Json]]:
    """Pool one group under each model; the primary one fills the keys of the group.

    Beside the group's record, what each of its trials is told by the pool.
    """
    random = pool(members, measure, pooling)
    common = pool(members, measure, pooling, tau2="CE", ci="wald")
    primary = choose_primary(members, measure, pooling)
    models: Json = {}
    if primary.model != "single-trial":
        models = {
            **({} if primary.bayes is None else {BAYES: primary.bayes.to_dict()}),
            "common-effect": common.to_dict(),
            "hk": pool(members, measure, pooling, ci="hk").to_dict(),
            "hk-adhoc": random.to_dict(),
        }
    shown = random.to_dict()
    if primary.bayes is not None:
        shown = pool_keys(primary.bayes, list(shown))
    record = {
        "label": heading["label"],
        "mechanism": heading["mechanism"],
        "mechanisms": heading["mechanisms"],
        "kind": heading["kind"],
        "n": _total(members, "n"),
        "events": _total(members, "events"),
        **shown,
        "margin": _strictest_margin(members),
        "primary_model": primary.model,
        "primary_note": primary.note,
        "models": models,
    }
    of_trials = [
        {"weight": weight, "weight_common": weight_common, "shrunken": effect}
        for weight, weight_common, effect in zip(
            shown["weights"],
            common.weights,
            shrunken_effects(primary.bayes, len(members)),
            strict=True,
        )
    ]
    return record, of_trials


def _strictest_margin(members: Sequence[Json]) -> Json | None:
    """Return the margin that is hardest to meet among the trials', None if one has none."""
    margins = [trial.get("margin") for trial in members]
    if not margins or any(margin is None for margin in margins):
        return None
    known = [margin for margin in margins if margin is not None]
    lower = [margin["lower"] for margin in known if margin["lower"] is not None]
    upper = [margin["upper"] for margin in known if margin["upper"] is not None]
    return {"lower": max(lower, default=None), "upper": min(upper, default=None)}


def _total(members: Sequence[Json], name: str) -> int | None:
    """Sum over all arms, None where one is not known: a partial sum would mislead."""
    values = [trial[side][name] for trial in members for side in ("experimental", "control")]
    return None if any(value is None for value in values) else sum(values)


def _with_interval(trial: Json, added: Json, level: float) -> Json:
    """Add the Wald interval at the question's level and what the pool says of a trial."""
    z = float(ndtri(0.5 + level / 2))
    record = dict(trial)
    record["ci_lower"] = trial["estimate"] - z * trial["se"]
    record["ci_upper"] = trial["estimate"] + z * trial["se"]
    return record | added


def _subgroup_test(question: Mapping[str, Any], trials: Sequence[Json]) -> Json | None:
    """Test differences between groups, each trial entering once."""
    if _on_a_marker(question):
        return None
    if question["multiarm"] == "gls":
        return gls_subgroup_test(question, trials)
    entering, left_out = _one_per_trial(question, trials)
    groups = [trial["group"] for trial in entering]
    sizes = {label: groups.count(label) for label in groups}
    if len(sizes) < 2:
        return None
    small = any(size < question["pooling"]["primary_from_k"] for size in sizes.values())
    test = subgroup_difference(
        [trial["estimate"] for trial in entering],
        [trial["se"] ** 2 for trial in entering],
        groups,
        tau2_assumption="common" if small else "separate",
        test="hk-f" if small else "q",
    ).to_dict()
    notes = [f"{str(test['note']).rstrip('.')}."] if test["note"] else []
    if test["value"] is not None:
        notes.append("A comparison between trials, not between patients: low credibility.")
    if left_out:
        shown = ", ".join(left_out)
        notes.append(f"Comparisons that share a control arm enter once; not in this test: {shown}.")
    return {**test, "note": " ".join(notes)}


def _one_per_trial(
    question: Mapping[str, Any], trials: Sequence[Json]
) -> tuple[list[Json], list[str]]:
    """Keep the comparison that the question names first of each trial."""
    best: dict[str, tuple[int, int]] = {}
    for position, trial in enumerate(trials):
        named = question["choose"].get(trial["trial_id"], [])
        arms = [trial["experimental"]["arm_id"], trial["control"]["arm_id"]]
        rank = (named.index(arms) if arms in named else len(named), position)
        best[trial["trial_id"]] = min(best.get(trial["trial_id"], rank), rank)
    positions = sorted(position for _, position in best.values())
    left = [
        f"{trial['label']} ({trial['comparison']})"
        for position, trial in enumerate(trials)
        if position not in positions
    ]
    return [trials[position] for position in positions], left
