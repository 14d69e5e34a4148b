"""What a network says where more is assumed than consistency: classes, components, a covariate.

All estimates on the analysis scale.
"""

from __future__ import annotations

from trialpool.records.base import Record
from trialpool.records.groups import Word
from trialpool.records.network.asked import ClassesSetting, ComponentsSetting
from trialpool.records.network.tests import ChiSquare
from trialpool.records.pools import Effect


class AssumedEffect(Record, frozen=True, kw_only=True):
    """A node against the reference under such a model.

    Attributes
    ----------
    treatment, against : str
    effect : Effect or None
        None where the trials do not tell it apart; `note` says why.
    pi_lower, pi_upper : float or None
        Of a new trial.
    p_below : float or None
        Posterior probability of an effect below no difference.
    word : str or None
        What the posterior concludes, by the rule of verdicts; None without one.
    through : str
        The assumption without which there is no estimate: "through the class assumption"; empty
        where trials connect the two. Such an estimate has no rank.
    note : str
    sentence : str
        Empty where there is no estimate, or trials connect the two.
    """

    treatment: str
    against: str
    effect: Effect | None
    pi_lower: float | None
    pi_upper: float | None
    p_below: float | None
    word: Word | None
    through: str
    note: str
    sentence: str


class NamedEffect(Record, frozen=True, kw_only=True):
    """An effect with a name; None where the trials do not tell it apart."""

    name: str
    effect: Effect | None
    note: str


class Spread(Record, frozen=True, kw_only=True):
    """A standard deviation with its limits, and its prior in words."""

    value: float
    lower: float | None
    upper: float | None
    prior: str


class SpreadAgain(Record, frozen=True, kw_only=True):
    """The effects with the prior of the spread times a factor."""

    factor: float
    effects: tuple[NamedEffect, ...]


class ClassesFit(Record, frozen=True, kw_only=True):
    """Class effects.

    Attributes
    ----------
    asked : ClassesSetting
        Of its classes those with two nodes here.
    k : int
        Trials, those of parts that only classes join included.
    tau : Spread
        Between trials.
    spread : Spread or None
        Within classes; None where they are equal.
    spread_df : int
        Directions within classes that the trials inform.
    effects : tuple of AssumedEffect
    means : tuple of NamedEffect
        Of each class against the reference.
    q_difference : ChiSquare
        Equal effects within classes against the model of the nodes.
    again : tuple of SpreadAgain
        Half and twice the prior of the spread.
    notes : tuple of str
    """

    asked: ClassesSetting
    k: int
    tau: Spread
    spread: Spread | None
    spread_df: int
    effects: tuple[AssumedEffect, ...]
    means: tuple[NamedEffect, ...]
    q_difference: ChiSquare
    again: tuple[SpreadAgain, ...]
    notes: tuple[str, ...]


class ComponentsFit(Record, frozen=True, kw_only=True):
    """Additive effects of drugs, Hartung-Knapp intervals with floor.

    Attributes
    ----------
    asked : ComponentsSetting
    k : int
        Trials of all parts.
    tau2 : float
    ci_method : str
    components : tuple of NamedEffect
        Each drug against nothing, then each interaction.
    effects : tuple of AssumedEffect
    q_difference : ChiSquare
        Additivity against the model of the nodes.
    notes : tuple of str
    """

    asked: ComponentsSetting
    k: int
    tau2: float
    ci_method: str
    components: tuple[NamedEffect, ...]
    effects: tuple[AssumedEffect, ...]
    q_difference: ChiSquare
    notes: tuple[str, ...]


class CovariateFit(Record, frozen=True, kw_only=True):
    """All effects against the reference regressed on a covariate of the trials.

    Attributes
    ----------
    covariate : str
        In words, with its unit.
    k : int
        Trials that have it and are connected with the reference.
    slope : Effect or None
        Change of every effect against the reference per unit; None where not estimable.
    p_value : float or None
    reason : str
        Why it is not estimable.
    df : int or None
        That remain.
    tau2, tau2_without : float or None
    missing : tuple of str
        Ids of the trials of the network of which it is not known as a number.
    """

    covariate: str
    k: int
    slope: Effect | None
    p_value: float | None
    reason: str
    df: int | None
    tau2: float | None
    tau2_without: float | None
    missing: tuple[str, ...]
