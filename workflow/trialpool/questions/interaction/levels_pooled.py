"""What a result says besides the pooled interaction: effects by level, naive pools, ICEMAN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from scipy.special import ndtr, ndtri

from trialpool.measures import Measure, get_measure
from trialpool.pooling import random_effects
from trialpool.pooling.dependent.floating_subgroups import floating_subgroups, within_trial_levels
from trialpool.pooling.dependent.interactions import naive_difference
from trialpool.questions.interaction.joint_levels import ALONE, MODELS, joint_models
from trialpool.questions.interaction.marker_rows import NOT_PRESPECIFIED
from trialpool.questions.shared.synthesis.primary_model import BAYES, choose_primary

Json = dict[str, Any]
Trial = Mapping[str, Any]

# The sign of a difference is positive minus negative: negative is the reference.
_LEVELS: Final = ("negative", "positive")


def interaction_keys(
    question: Mapping[str, Any], groups: Sequence[Json], trials: Sequence[Trial]
) -> Json:
    """Return the keys that only a question about an interaction has.

    Parameters
    ----------
    question : mapping
        Contents of question.json.
    groups, trials : sequence of dict
        Of the result record.

    Returns
    -------
    dict
        ``interaction`` (what is compared), ``by_level`` (one entry per group) and, where
        levels are compared with one of reference, ``joint``; see docs/result-record.md.
        Empty for other questions.
    """
    if question.get("interaction") is None:
        return {}
    compare = question["interaction"].get("compare", "pairs")
    by_level = []
    for group in groups:
        members = [trial for trial in trials if trial["group"] == group["label"]]
        alone = [one for one in question["one_level"] if one["group"] == group["label"]]
        if compare == "trend":
            by_level.append(_entry(group, members, {}, None, ()))
        else:
            by_level.append(_by_level(group, members, alone, question["pooling"]))
    keys: Json = {"interaction": dict(question["interaction"]), "by_level": by_level}
    if compare == "levels":
        keys["joint"] = joint_models(question, trials)
    return keys


def with_level_intervals(question: Mapping[str, Any], trials: Sequence[Trial]) -> list[Json]:
    """Add the interval of each level, and the test of no difference between the two.

    Parameters
    ----------
    question : mapping
        Contents of question.json.
    trials : sequence of dict
        Of the result record; log hazard or odds ratios.

    Returns
    -------
    list of dict
        The trials as they are, unless the question is about an interaction.
    """
    if question.get("interaction") is None:
        return [dict(trial) for trial in trials]
    level = question["pooling"]["level"]
    return [
        {
            **trial,
            "p_value": float(2.0 * ndtr(-abs(trial["estimate"]) / trial["se"])),
            "levels": [_with_interval(one, level) for one in trial["levels"]],
        }
        for trial in trials
    ]


def _with_interval(one: Json, level: float) -> Json:
    """Add the Wald interval of a log hazard or odds ratio after its standard error."""
    z = float(ndtri(0.5 + level / 2))
    last = {
        "ci_lower": one["estimate"] - z * one["se"],
        "ci_upper": one["estimate"] + z * one["se"],
        "derivation": one["derivation"],
    }
    return {name: value for name, value in one.items() if name != "derivation"} | last


def by_mechanism(
    question: Mapping[str, Any], groups: Sequence[Json], trials: Sequence[Trial]
) -> list[Json]:
    """Pool groups of one mechanism whose trials compare the same levels of the same marker.

    Groups differ by what the strategy was added to or put in place of; that differs the
    effect, and may or may not differ the interaction. So this stands beside, never instead.
    """
    mechanism = {group["label"]: group["mechanism"] for group in groups}
    sets: dict[tuple[str, ...], list[Trial]] = {}
    for trial in trials:
        levels = [f"{level['marker']} {level['level']}" for level in trial["levels"]]
        sets.setdefault((mechanism[trial["group"]], *levels), []).append(trial)
    measure, pooling = get_measure(question["measure"]), question["pooling"]
    rows: list[Json] = []
    for (_, *levels), members in sets.items():
        labels = list(dict.fromkeys(trial["group"] for trial in members))
        if len(labels) < 2 or len({t["trial_id"] for t in members}) < len(members):
            continue
        names = {"group": " and ".join(labels), "analysis": " v ".join(levels)}
        rows.append({**names, **_pooled(members, measure, pooling)})
    if not rows:
        return []
    return [
        {
            "id": "by-mechanism",
            "label": "By mechanism alone",
            "description": "Groups of one mechanism that compare the same levels of the same "
            "marker, taken together whatever the strategy was added to or put in place of.",
            "ci_method": _model_of(rows, pooling),
            "results": rows,
        }
    ]


def by_subtraction(question: Mapping[str, Any], trials: Sequence[Trial]) -> list[Json]:
    """Pool groups with the trials one level of which is derived from the whole trial.

    Beside the main analysis, which such trials never enter.
    """
    derived = question.get("subtracted") or ()
    measure, pooling = get_measure(question["measure"]), question["pooling"]
    rows: list[Json] = []
    for label in dict.fromkeys(trial["group"] for trial in derived):
        added = [trial for trial in derived if trial["group"] == label]
        members = [*(trial for trial in trials if trial["group"] == label), *added]
        rows.append(
            {
                "group": label,
                "analysis": "with levels by subtraction",
                **_pooled(members, measure, pooling),
                "trials": [trial["label"] for trial in added],
                "derived": [
                    {
                        "label": trial["label"],
                        **{
                            name: level[name]
                            for name in ("side", "marker", "level", "estimate", "se")
                        },
                    }
                    for trial in added
                    for level in trial["levels"]
                    if level.get("is_derived")
                ],
            }
        )
    if not rows:
        return []
    reasons = question["interaction"]["exhaustive"]
    return [
        {
            "id": "subtraction",
            "label": "Levels by subtraction",
            "description": "Trials that print the whole and one level in one report: the other "
            "level is what is left ("
            + "; ".join(f"{marker}: {reason}" for marker, reason in reasons.items())
            + "). Ratios of a whole are not exactly the weighted mean of those of its parts, so "
            "such trials stay out of the main analysis.",
            "ci_method": _model_of(rows, pooling),
            "results": rows,
        }
    ]


def _pooled(members: Sequence[Trial], measure: Measure, pooling: Mapping[str, Any]) -> Json:
    """Pool differences under the model that is primary for so many trials."""
    pool = choose_primary(members, measure, pooling).bayes or random_effects(
        [trial["estimate"] for trial in members],
        [trial["se"] ** 2 for trial in members],
        tau2=pooling["tau2"],
        ci="hk-adhoc",
        level=pooling["level"],
        measure=measure.code,
    )
    return {
        "k": pool.k,
        "estimate": pool.estimate,
        "ci_lower": pool.ci_lower,
        "ci_upper": pool.ci_upper,
        "tau2": pool.tau2,
        "trials": [trial["label"] for trial in members],
    }


def _model_of(rows: Sequence[Json], pooling: Mapping[str, Any]) -> str:
    """Name the model of re-analyses."""
    if all(row["k"] == 1 for row in rows):
        return "single-trial"
    few = all(row["k"] < pooling["primary_from_k"] for row in rows) and pooling.get("tau_prior")
    return BAYES if few else "hk-adhoc"


def _by_level(
    group: Json, members: Sequence[Trial], alone: Sequence[Json], pooling: Mapping[str, Any]
) -> Json:
    entries = [(t["trial_id"], level) for t in members for level in t["levels"]]
    entries += [(one["trial_id"], one) for one in alone]
    rows = (
        [level["estimate"] for _, level in entries],
        [level["se"] ** 2 for _, level in entries],
        [trial for trial, _ in entries],
        [str(level["side"]) for _, level in entries],
    )
    models = MODELS if len({trial for trial, _ in entries}) > 1 else ALONE
    floating: Json = {}
    for name, (tau2, ci) in models.items():
        within = within_trial_levels(*rows, _LEVELS, tau2=tau2, ci=ci)
        found = floating_subgroups(*rows, within, tau2=tau2, ci=ci, interval_level=pooling["level"])
        floating[name] = {
            "interaction": within.estimates[1],
            "tau2": found.tau2,
            "k": found.k,
            **{effect.level: asdict(effect) for effect in found.effects},
        }
    naive: Json | None = None
    if "hk-adhoc" in floating:
        parted = naive_difference(
            *rows,
            _LEVELS[::-1],
            floating["hk-adhoc"]["interaction"],
            tau2=pooling["tau2"],
            interval_level=pooling["level"],
        )
        naive = {
            "positive": parted.first.to_dict(),
            "negative": parted.second.to_dict(),
            "apparent": parted.apparent,
            "within": parted.within,
            "between": parted.between,
            "share": parted.share,
        }
    intervals = [_with_interval(one, pooling["level"]) for one in alone]
    return _entry(group, members, floating, naive, intervals)


def _entry(
    group: Json,
    members: Sequence[Trial],
    floating: Json,
    naive: Json | None,
    alone: Sequence[Json],
) -> Json:
    return {
        "group": group["label"],
        "floating": floating,
        "naive": naive,
        "one_level": list(alone),
        "iceman": _iceman(group, members),
    }


def _iceman(group: Json, members: Sequence[Trial]) -> list[Json]:
    """Answer what the data can of ICEMAN (Schandelmaier et al. 2020, CMAJ 192:E901)."""
    tested = group["models"].get("hk-adhoc") or group
    p = tested["p_value"]
    noted = [t["label"] for t in members if NOT_PRESPECIFIED not in t["flags"]]
    alike = "one trial" if group["k"] == 1 else _alike(tested)
    return [
        {"item": "within trials", "answer": "yes: both levels of every trial from one report"},
        {"item": "similar from trial to trial", "answer": alike},
        {"item": "number of trials", "answer": str(group["k"])},
        {"item": "p of the interaction", "answer": _p(p), "p_value": p},
        {"item": "prespecified", "answer": ", ".join(noted) or "not noted in the data"},
        {
            "item": "random effects",
            "answer": "not applicable" if group["k"] == 1 else "yes, beside the common effect",
        },
    ]


def _alike(pool: Mapping[str, Any]) -> str:
    lower = pool["tau2_ci_lower"]
    if lower is not None and lower > 0:
        return "no: the interactions differ beyond chance"
    return "no difference shown; few trials could not show one"


def _p(p: float | None) -> str:
    """Class of a p-value by the limits of the instrument."""
    if p is None:
        return "not available"
    if p > 0.05:
        return "above 0.05: chance a very likely explanation"
    if p > 0.01:
        return "0.01 to 0.05: chance a likely explanation"
    if p > 0.005:
        return "0.005 to 0.01: chance may not explain it"
    return "0.005 or less: chance an unlikely explanation"
