"""A network where more is assumed than consistency: classes, components, a covariate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from trialpool.pooling.bayes.priors import TauPrior
from trialpool.pooling.network import (
    JoinedComparison,
    network_classes,
    network_components,
    network_regression,
)
from trialpool.pooling.network import NetworkResult as Fitted
from trialpool.pooling.network.classes.results import ClassesResult, Deviation
from trialpool.pooling.network.joined import Effect as Named
from trialpool.pooling.network.joined import JoinedResult
from trialpool.pooling.verdict import verdict_word
from trialpool.questions.network.fit import analysed
from trialpool.questions.network.words import say_assumed
from trialpool.questions.shared.synthesis.moderators import UNITS, covariate_name
from trialpool.questions.shared.synthesis.primary_model import prior_of
from trialpool.records.base import record_from
from trialpool.records.groups import Word
from trialpool.records.network import (
    AssumedEffect,
    ChiSquare,
    ClassesFit,
    ClassesSetting,
    ComponentsFit,
    ComponentsSetting,
    CovariateFit,
    NamedEffect,
    NetworkQuestion,
    Spread,
    SpreadAgain,
)
from trialpool.records.pools import Effect

T = TypeVar("T")
NOT_GIVEN: Final = "not estimable: no trial of the reference has it"


@dataclass(frozen=True)
class Assumed:
    """The models that a question asks for; `faults` says why one could not be fitted."""

    classes: ClassesFit | None = None
    components: ComponentsFit | None = None
    covariates: tuple[CovariateFit, ...] = ()
    faults: dict[str, str] = field(default_factory=dict)


def assume(question: NetworkQuestion, fitted: Fitted | None) -> Assumed:
    """Fit the models that a question asks for.

    Parameters
    ----------
    question : NetworkQuestion
    fitted : NetworkResult or None
        The network, with the trials that nothing connects with its reference; None where no
        trial compares that.
    """
    if fitted is None:
        return Assumed()
    own = _Assuming(question, fitted)
    classes, components = question.classes, question.components
    return Assumed(
        None if classes is None else own.attempt("classes", lambda: own.fit_classes(classes)),
        None
        if components is None
        else own.attempt("components", lambda: own.fit_components(components)),
        tuple(own.covariate(x, question.moderator_values[x]) for x in question.moderators),
        own.faults,
    )


class _Assuming:
    """Fits of one network."""

    def __init__(self, question: NetworkQuestion, fitted: Fitted) -> None:
        self.question, self.fitted = question, fitted
        self.faults: dict[str, str] = {}

    def attempt(self, name: str, fit: Callable[[], T]) -> T | None:
        try:
            return fit()
        except ValueError as error:
            self.faults[name] = str(error)
            return None

    def fit_classes(self, asked: ClassesSetting) -> ClassesFit:
        prior: str | TauPrior | None = prior_of(self.question.pooling)
        exchangeable = asked.effects == "exchangeable"
        found = network_classes(
            self.fitted,
            {node: one.name for one in asked.of for node in one.nodes},
            effects=asked.effects,
            prior=prior,
            spread_prior=(asked.spread_prior or prior) if exchangeable else None,
        )
        return ClassesFit(
            asked=asked,
            k=found.k,
            tau=_spread(found.tau),
            spread=None if found.spread is None else _spread(found.spread),
            spread_df=found.spread_df,
            effects=tuple(self._effects(found)),
            means=tuple(map(_named, found.class_effects)),
            q_difference=record_from(found.q_difference, ChiSquare),
            again=tuple(_again(found)),
            notes=found.notes,
        )

    def fit_components(self, asked: ComponentsSetting) -> ComponentsFit:
        found = network_components(
            self.fitted, inactive=asked.inactive, interactions=asked.interactions
        )
        return ComponentsFit(
            asked=asked,
            k=found.k,
            tau2=found.tau2.value,
            ci_method=found.interval.method,
            components=tuple(map(_named, found.effects())),
            effects=tuple(self._effects(found)),
            q_difference=record_from(found.q_difference, ChiSquare),
            notes=(*found.warnings, *found.notes),
        )

    def _effects(self, found: JoinedResult) -> Iterator[AssumedEffect]:
        """Every node against the reference; of what only the assumption joins a sentence."""
        reference = found.reference
        for name, own in found.against_reference().items():
            effect = _effect(own)
            through = found.note(name, reference) if effect is not None else ""
            word = self._word(own.probability_below)
            sentence = ""
            if effect is not None and through:
                label = f"{name} v {reference} ({through})"
                better = self._better(own.probability_below)
                sentence = say_assumed(label, effect, word, better, self.question)
            yield AssumedEffect(
                treatment=name,
                against=reference,
                effect=effect,
                pi_lower=own.pi_lower,
                pi_upper=own.pi_upper,
                p_below=own.probability_below,
                word=word,
                through=through,
                note="" if effect is not None else own.note,
                sentence=sentence,
            )

    def _better(self, below: float | None) -> float | None:
        if below is None:
            return None
        return below if self.question.benefit == "lower" else 1.0 - below

    def _word(self, below: float | None) -> Word | None:
        better = self._better(below)
        return None if better is None else verdict_word(better, None)

    def covariate(self, column: str, given: Mapping[str, str]) -> CovariateFit:
        """Regress on one moderator, in the network of the trials that have it."""
        unit, values = UNITS.get(column, 1.0), {}
        for study in self.fitted.studies:
            number = as_number(given.get(study.label, ""))
            if number is not None:
                values[study.label] = number / unit
        known = [study for study in self.fitted.studies if study.label in values]
        part = analysed(self.question, known, self.fitted.reference)
        if part is None:
            slope, p_value, reason, df, tau2, without = None, None, NOT_GIVEN, None, None, None
        else:
            found = network_regression(part, values, covariate=column)
            (first,) = found.slopes or (None,)
            shown = first is not None and first.estimate is not None
            slope = record_from(first, Effect) if shown else None
            p_value = None if first is None else first.p_value
            reason, df, tau2, without = found.reason, found.df, found.tau2, found.tau2_without
        return CovariateFit(
            covariate=covariate_name(column),
            k=0 if part is None else part.k,
            slope=slope,
            p_value=p_value,
            reason=reason,
            df=df,
            tau2=tau2,
            tau2_without=without,
            missing=tuple(s.label for s in self.fitted.studies if s.label not in values),
        )


def as_number(cell: str) -> float | None:
    """Read a covariate; "2+", the second line and later ones, counts as 2."""
    try:
        return float(cell.removesuffix("+"))
    except ValueError:
        return None


def _effect(own: JoinedComparison) -> Effect | None:
    if own.estimate is None:
        return None
    return record_from(own, Effect)


def _named(own: Named) -> NamedEffect:
    effect = _effect(own.effect)
    return NamedEffect(name=own.name, effect=effect, note=own.effect.note)


def _spread(own: Deviation) -> Spread:
    return Spread(value=own.value, lower=own.lower, upper=own.upper, prior=own.source)


def _again(found: ClassesResult) -> Iterator[SpreadAgain]:
    for own in found.sensitivity:
        yield SpreadAgain(factor=own.factor, effects=tuple(map(_named, own.treatments)))
