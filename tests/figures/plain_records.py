"""What a record holds beside the numbers that a figure draws, so that built ones are whole."""

from __future__ import annotations

from typing import Any

from trialpool.records.files import result_of

Json = dict[str, Any]


def made(plain: Json) -> Any:
    """Make the typed result of what a result.json holds."""
    return result_of(plain)


def single_arms(**changes: Any) -> Json:
    """A question on single arms that no arm answers."""
    filters = ("table", "trials", "definitions", "report_policy", "exclude_trials")
    filters += ("exclude_rows", "biomarker")
    return {
        **{"kind": "proportion", "schema_version": 1, "id": "arms", "title": "Arms"},
        **{"question": "?", "measure": "PLO", "scale": "logit", "measure_name": "proportion"},
        **{"design": "", "endpoints": ["ORR"], "endpoint_names": {}, "benefit": "higher"},
        **{"arm_names": {"experimental": "", "control": ""}, "null_value": None},
        **{"favours": {"lower": "", "higher": ""}, "model": "", "single_arm": True},
        "settings": {
            **{name: FILTERS[name] for name in filters},
            **{"tau2_method": "REML", "ci_method": "hk-adhoc", "pi_method": "t", "level": 0.95},
            **{"primary_from_k": 5, "single_arm": {}},
        },
        **{"trials": [], "groups": [], "overall": None, "overall_reason": ""},
        **{"subgroup_test": None, "excluded": [], "sensitivity": [], "sources": {}},
        **{"comment": "", **changes},
    }


UNKNOWN_OF_A_TRIAL: Json = {
    **dict.fromkeys(("endpoint", "locator", "assessor", "maturity", "population"), ""),
    **dict.fromkeys(("definition", "extraction"), ""),
    **dict.fromkeys(("margin", "weight", "weight_common", "shrunken"), None),
    "derivation": {
        **{"rung": "1 printed", "formula": "", "reference": "", "inputs": {}},
        **{"se_lower": None, "se_upper": None},
    },
    "third_contrasts": [],
}
UNKNOWN_OF_A_POOL: Json = {
    **dict.fromkeys(("p_value", "tau2_se", "tau2_ci_lower", "tau2_ci_upper", "df"), None),
    **dict.fromkeys(("i2_q", "h2", "i2_ci_lower", "i2_ci_upper"), None),
    **dict.fromkeys(("h2_ci_lower", "h2_ci_upper", "tau2_ci_method"), None),
    "diagnostics": {"converged": True, "at_boundary": False, "multimodal": False, "notes": []},
}


FILTERS: Json = {
    **{"table": "time_to_event", "report_policy": "latest", "multiarm": "choose"},
    **{name: {} for name in ("trials", "exclude_trials", "exclude_rows", "choose")},
    **{name: [] for name in ("definitions", "populations", "contrasts", "joint_analyses")},
    **dict.fromkeys(("biomarker", "tau_prior", "tau_prior_scale", "tau_prior_sensitivity"), None),
    "tau2_ci_method": "q-profile",
}


def source(**known: str) -> Json:
    return {"citation": "", "doi": None, "pmid": None, "url": None, **known}


def excluded(label: str, reason: str, stage: str = "") -> Json:
    """A row outside the pool; of a table without a stage."""
    return {"row_id": "", "trial_id": "", "label": label, "stage": stage, "reason": reason}
