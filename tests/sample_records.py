"""Whole records for tests that care about a few of their fields."""

from __future__ import annotations

from typing import Any

from trialpool.records.files import result_of
from trialpool.records.results import Result

Json = dict[str, Any]

_ARM: Json = {"arm_id": "a", "label": "A", "agents": ["a"], "n": None, "events": None}
_TRIAL: Json = {
    **{"row_ids": ["r"], "trial_id": "t", "label": "T", "year": None, "group": "G"},
    **{"comparison": "", "endpoint": "PFS", "source": "s", "locator": "", "assessor": ""},
    **{"maturity": "", "population": "", "definition": "", "extraction": "single"},
    **{"estimate": -0.1, "se": 0.1, "margin": None, "third_contrasts": [], "flags": []},
    "experimental": _ARM,
    "control": {**_ARM, "arm_id": "c"},
    "derivation": {
        **{"rung": "", "formula": "", "reference": "", "inputs": {}},
        **{"se_lower": None, "se_upper": None},
    },
    **{"ci_lower": -0.3, "ci_upper": 0.1, "weight": 1.0, "weight_common": 1.0, "shrunken": None},
}
_POOL: Json = {
    **{"k": 1, "measure": "HR", "scale": "log", "estimate": -0.1, "se": 0.1, "ci_lower": -0.3},
    **{"ci_upper": 0.1, "p_value": 0.3, "tau2": 0.0, "tau2_se": None, "tau2_ci_lower": None},
    **{"tau2_ci_upper": None, "i2": None, "i2_q": None, "h2": None, "q": 0.0, "q_df": 0},
    **{"q_p_value": None, "pi_lower": None, "pi_upper": None, "tau2_method": "REML"},
    **{"ci_method": "hk-adhoc", "weights": [1.0], "level": 0.95, "pi_method": "t", "df": None},
    "diagnostics": {"converged": True, "at_boundary": False, "multimodal": False, "notes": []},
    **{"i2_ci_lower": None, "i2_ci_upper": None, "h2_ci_lower": None, "h2_ci_upper": None},
    "tau2_ci_method": "q-profile",
}
_GROUP: Json = {
    **_POOL,
    **{"label": "G", "mechanism": "M", "mechanisms": ["m"], "kind": "added", "n": None},
    **{"events": None, "margin": None, "primary_model": "single-trial", "primary_note": ""},
    **{"models": {}, "verdict": None, "sentence": ""},
}
_SETTINGS: Json = {
    **{"table": "time_to_event", "trials": {}, "definitions": [], "report_policy": "latest"},
    **{"exclude_trials": {}, "exclude_rows": {}, "biomarker": None, "tau2_method": "REML"},
    **{"ci_method": "hk-adhoc", "pi_method": "t", "level": 0.95, "primary": "bayes"},
    "primary_from_k": 4,
    **{"populations": ["itt"], "contrasts": ["strategy"], "multiarm": "choose", "choose": {}},
    **{"joint_analyses": [], "tau2_ci_method": "q-profile", "tau_prior": None},
    **{"important": None, "null_band": None, "margin_level": None},
}
_RESULT: Json = {
    **{"kind": "comparison", "schema_version": 1, "id": "q", "title": "Q", "question": "Q?"},
    **{"measure": "HR", "scale": "log", "measure_name": "hazard ratio", "null_value": 0.0},
    **{"design": "superiority", "endpoints": ["PFS"], "benefit": "lower", "model": ""},
    "endpoint_names": {"PFS": "progression-free survival"},
    "endpoint_events": {"PFS": "progressions or deaths"},
    "arm_names": {"experimental": "experimental", "control": "control"},
    "favours": {"lower": "Favours experimental", "higher": "Favours control"},
    **{"overall": None, "overall_reason": "", "subgroup_test": None, "sensitivity": []},
    **{"sources": {}, "comment": "", "strategies": []},
}


def trial(**fields: Any) -> Json:
    """A trial of a result as its file has it, with some fields of its own."""
    return {**_TRIAL, **fields}


def pool(**fields: Any) -> Json:
    """A pool of one model as its file has it."""
    return {**_POOL, **fields}


def group(**fields: Any) -> Json:
    """A group as its file has it."""
    return {**_GROUP, **fields}


def excluded(**fields: Any) -> Json:
    """A row that is not in the pool."""
    return {"row_id": "r", "trial_id": "t", "label": "T", "stage": "", "reason": "", **fields}


def result(**fields: Any) -> Result:
    """A result record; trials, groups, excluded rows and settings need only what matters."""
    return result_of(
        {
            **_RESULT,
            **fields,
            "settings": {**_SETTINGS, **fields.get("settings", {})},
            "trials": [trial(**one) for one in fields.get("trials", ())],
            "groups": [group(**one) for one in fields.get("groups", ())],
            "excluded": [excluded(**one) for one in fields.get("excluded", ())],
        }
    )
