"""Names of models in tables, which of them speaks for a group, and how sure each is."""

from __future__ import annotations

from typing import Final

from trialpool import formatting as fmt
from trialpool.records.groups import Group
from trialpool.records.pools import BayesPool, Pool

MODEL_NAMES: Final[dict[str, str]] = {
    "bayes": "Bayesian random effects",
    "common-effect": "Common effect",
    "hk": "Random effects (Hartung-Knapp)",
    "hk-adhoc": "Random effects (Hartung-Knapp with floor)",
}
# Columns of the tables of models: random effects without the floor stand in result.json alone.
SHOWN: Final = ("bayes", "common-effect", "hk-adhoc")


def support(pool: Pool) -> str:
    """Print the p-value of a model, or how sure a posterior is of the side of no difference."""
    if not isinstance(pool, BayesPool):
        return fmt.p_statement(pool.p_value)
    below, above = pool.probability_below, pool.probability_above
    side, probability = ("below", below) if below >= above else ("above", above)
    return f"{fmt.probability(probability)} {side} no difference"


def models_shown(group: Group) -> dict[str, Pool]:
    """Return the pools of a group that tables of models show, by name: primary and beside it.

    Random effects with one degree of freedom, or with few, are no answer unless primary.
    """
    found = {**group.models.named()}
    beside = group.shown_beside()
    return {
        name: found[name]
        for name in SHOWN
        if name in found and (name == group.primary_model or name in beside)
    }


def basis(group: Group) -> str:
    """Say which estimate of a group is primary."""
    if group.k == 0:
        return "no trial"
    if group.k == 1:
        return "single trial"
    model = str(group.primary_model)
    return MODEL_NAMES.get(model, model)
