"""Questions, trials and their results for tests that care about a few of their fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from trialpool.measures import get_measure
from trialpool.questions.registry import stage
from trialpool.records.base import kind_of
from trialpool.records.files import from_plain, question_of, to_plain
from trialpool.records.questions import Question, VariantTrial
from trialpool.records.settings import ComparativeFilters, Pooling
from trialpool.records.trials import SelectedTrial

Json = dict[str, Any]

_ARM: Json = {"arm_id": "", "label": "", "agents": [], "n": None, "events": None}
_DERIVATION: Json = {
    **{"rung": "", "formula": "", "reference": "", "inputs": {}},
    **{"se_lower": None, "se_upper": None},
}
_LEVEL: Json = {"described": "", "row_ids": [], "experimental": _ARM, "control": _ARM}
_VARIANT_TRIAL: Json = {"row_ids": [], "maturity": "", "extraction": "", "flags": []}
_TRIAL: Json = {
    **{**_VARIANT_TRIAL, "trial_id": "", "label": "", "year": None, "group": "", "comparison": ""},
    **{"endpoint": "", "source": "", "locator": "", "assessor": "", "population": ""},
    **{"definition": "", "estimate": 0.0, "se": 1.0, "margin": None, "third_contrasts": []},
}
_POOLING: Json = {"tau2": "REML", "pi": "t", "level": 0.95}
_FILTERS: Json = {
    **{"table": "", "trials": {}, "definitions": [], "report_policy": "", "exclude_trials": {}},
    **{"exclude_rows": {}, "biomarker": None, "populations": [], "contrasts": []},
    **{"multiarm": "", "choose": {}, "joint_analyses": []},
}
_QUESTION: Json = {
    **{"schema_version": 1, "id": "q", "title": "", "question": "", "measure": "HR"},
    **{"design": "superiority", "endpoints": ["OS"], "benefit": "lower", "overall": None},
    "endpoint_names": {"OS": "overall survival"},
    "endpoint_events": {"OS": "deaths"},
    "arm_names": {"experimental": "experimental", "control": "control"},
    **{"overall_reason": "", "comment": "", "groups": [], "excluded": [], "sources": {}},
    **{"moderators": [], "moderator_values": {}},
}
_HEADING: Json = {"mechanism": "", "mechanisms": [], "kind": "added"}
_OF_KIND = {
    **{"interaction": "interaction", "prognostic": "prognosis", "single_arm": "proportion"},
    "within_trial": "surrogacy",
}


def pooling(**fields: Any) -> Pooling:
    """How a question pools."""
    return from_plain({**_POOLING, **fields}, Pooling)


def trial(plain: Mapping[str, Any] | SelectedTrial) -> SelectedTrial:
    """A trial as it is selected; only fields that matter are needed."""
    if isinstance(plain, SelectedTrial):
        return plain
    return from_plain(_filled(_TRIAL, plain), SelectedTrial)


def variant_trial(plain: Mapping[str, Any]) -> VariantTrial:
    """A trial of a re-analysis."""
    return from_plain(_filled(_VARIANT_TRIAL, plain), VariantTrial)


def question(**fields: Any) -> Any:
    """A question with its selection; filters stand among the other settings."""
    kind = next((kind for name, kind in _OF_KIND.items() if fields.get(name) is not None), None)
    measure = get_measure(fields.get("measure", "HR"))
    plain = {
        "kind": kind or ("mean_time" if measure.code == "RMSTD" else "comparison"),
        **_QUESTION,
        **{"scale": measure.scale, "measure_name": measure.name},
        **fields,
        "filters": {**_FILTERS, **{k: v for k, v in fields.items() if k in _NAMES}},
        "pooling": {**_POOLING, **msgspec.to_builtins(fields.get("pooling", {}))},
        "groups": [{**_HEADING, **heading} for heading in fields.get("groups", ())],
        "variants": [variant(one) for one in fields.get("variants", ())],
        **{
            name: [msgspec.to_builtins(variant_trial(one)) for one in fields.get(name, ())]
            for name in ("all_arms", "subtracted")
        },
        "one_level": [_level(one) for one in fields.get("one_level", ())],
        "short_curves": list(fields.get("short_curves", ())),
    }
    return question_of(plain)


# `groups` and `strategies` of a question are its selection, not the settings of these names.
_NAMES = set(ComparativeFilters.__struct_fields__) - {"groups", "strategies"}


def variant(plain: Mapping[str, Any]) -> Json:
    """Another policy as question.json has it."""
    trials = [msgspec.to_builtins(variant_trial(one)) for one in plain["trials"]]
    return {"id": "", "changes": [], **plain, "trials": trials}


def pooled(fields: Mapping[str, Any], trials: Sequence[Mapping[str, Any] | SelectedTrial]) -> Any:
    """The result of a question by its kind, without refits for robustness."""
    return built(question(**fields), tuple(trial(one) for one in trials))


def built(asked: Question, trials: Sequence[SelectedTrial]) -> Any:
    """The result of a question as it was selected, without refits for robustness."""
    return stage(kind_of(asked), "pool").build_result(asked, trials)


def _filled(blank: Json, plain: Mapping[str, Any]) -> Json:
    filled = {**blank, **plain}
    for side in ("experimental", "control"):
        filled[side] = {**_ARM, **filled.get(side, {})}
    filled["derivation"] = {**_DERIVATION, **filled.get("derivation", {})}
    filled["levels"] = [_level(one) for one in filled.get("levels", ())]
    return filled


def _level(plain: Mapping[str, Any]) -> Json:
    return {**_LEVEL, **plain, "derivation": {**_DERIVATION, **plain.get("derivation", {})}}


def plain_result(fields: Mapping[str, Any], trials: Sequence[Mapping[str, Any]]) -> Json:
    """The same as result.json has it."""
    return to_plain(pooled(fields, trials))
