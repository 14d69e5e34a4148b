"""Names of models in tables, which of them speaks for a group, and how sure each is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from trialpool import formatting as fmt

Record = Mapping[str, Any]

MODEL_NAMES: Final[dict[str, str]] = {
    "bayes": "Bayesian random effects",
    "common-effect": "Common effect",
    "hk": "Random effects (Hartung-Knapp)",
    "hk-adhoc": "Random effects (Hartung-Knapp with floor)",
}
SHORT_NAMES: Final = {
    "bayes": "Bayesian (primary)",
    "common-effect": "common effect",
    "hk-adhoc": "random effects",
}


def support(pool: Record) -> str:
    """Print the p-value of a model, or how sure a posterior is of the side of no difference."""
    below, above = pool.get("probability_below"), pool.get("probability_above")
    if below is None or above is None:
        return fmt.p_statement(pool.get("p_value"))
    side, probability = ("below", below) if below >= above else ("above", above)
    return f"{fmt.probability(probability)} {side} no difference"


def basis(group: Record) -> str:
    """Say which estimate of a group is primary."""
    k = group.get("k") or 0
    if k == 0:
        return "no trial"
    if k == 1:
        return "single trial"
    primary = group.get("primary_model")
    if primary is None:
        return "none, too few trials"
    return MODEL_NAMES.get(primary, str(primary))
