"""What models that assume more than consistency share: a part of the network joins another.

A contrast of two treatments that trials connect, through whatever chain, is supported by
trials. One that only classes or components connect exists through the assumption alone; it
says so, and has no rank.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

from trialpool.pooling.network.compared import ComparedTreatments, plain_league
from trialpool.pooling.network.graph import Component
from trialpool.pooling.network.inconsistency import NetworkTest
from trialpool.pooling.network.ranking import Ranking, plain_ranking, ranking
from trialpool.pooling.network.results import NetworkResult
from trialpool.pooling.network.studies import StudyEffects, natural
from trialpool.pooling.options import Floats

_SAMPLES: Final = 100_000
_SEED: Final = 1
NOT_JOINED: Final = "nothing connects them: not estimable"


@dataclass(frozen=True)
class JoinedComparison:
    """One treatment against another on the analysis scale. None means "does not exist".

    Attributes
    ----------
    estimate, se, ci_lower, ci_upper : float or None
        With a prior the posterior median, standard deviation and equal-tailed limits.
    p_value : float or None
        Without a prior.
    pi_lower, pi_upper : float or None
        Of a new trial that compares the two.
    probability_below : float or None
        Posterior probability that the effect is below 0, with a prior.
    note : str
        Empty for a comparison that trials connect; else through which assumption it
        exists, or why it does not.
    """

    estimate: float | None
    se: float | None
    ci_lower: float | None
    ci_upper: float | None
    p_value: float | None = None
    pi_lower: float | None = None
    pi_upper: float | None = None
    probability_below: float | None = None
    note: str = ""


ITSELF: Final = JoinedComparison(0.0, 0.0, 0.0, 0.0)
MISSING: Final = JoinedComparison(None, None, None, None, note=NOT_JOINED)


@dataclass(frozen=True)
class Effect:
    """An effect with a name: of a component, of an interaction, of a class.

    Attributes
    ----------
    name : str
    effect : JoinedComparison
    """

    name: str
    effect: JoinedComparison


def all_studies(found: NetworkResult) -> tuple[StudyEffects, ...]:
    """Studies of all parts of a network, by label."""
    return tuple(sorted((*found.studies, *found.apart), key=lambda s: natural(s.label)))


def all_treatments(found: NetworkResult) -> tuple[str, ...]:
    """Treatments of all parts of a network, in natural order."""
    names = {name for part in found.components for name in part.treatments}
    return tuple(sorted(names, key=natural))


@dataclass(frozen=True, eq=False, repr=False)
class JoinedResult(ComparedTreatments[JoinedComparison]):
    """A network under a model that may join parts which no trial connects.

    Attributes
    ----------
    treatments, reference, measure, scale, small_values, level, k, n_contrasts
        As in `ComparedTreatments`; treatments of all parts of the network.
    parts : tuple of Component
        What trials connect; the one with the reference first.
    q, q_treatments, q_difference : NetworkTest
        Cochran's Q under the model with common effects, under the treatment model (each
        part by itself), and their difference: a test of what the model assumes.
    q_inconsistency : NetworkTest
        What of `q` lies between designs.
    no_ranks : str
        Why there are no ranks; empty where there are.
    notes : tuple of str
    """

    through: ClassVar[str]

    parts: tuple[Component, ...]
    q: NetworkTest
    q_treatments: NetworkTest
    q_difference: NetworkTest
    q_inconsistency: NetworkTest
    no_ranks: str
    notes: tuple[str, ...]

    def _compare(self, i: int, j: int, model: str) -> JoinedComparison:
        return ITSELF if i == j else self._compare_others(i, j, model)

    @abstractmethod
    def _compare_others(self, i: int, j: int, model: str) -> JoinedComparison:
        """Effect of the treatment at `i` against another one at `j`."""

    def against_reference(self) -> dict[str, JoinedComparison]:
        """Every other treatment against the reference, random effects."""
        reference = self.reference
        return {t: self.compare(t, reference) for t in self.treatments if t != reference}

    @cached_property
    def ranking(self) -> Ranking:
        """Ranks of the treatments that trials connect with the reference; drawn when asked for."""
        if self.no_ranks:
            return Ranking((), self.no_ranks, self.level, _SAMPLES, _SEED)
        names = self.parts[0].treatments
        scores, chances = self._scores_and_chances(names, _SAMPLES, _SEED)
        return ranking(names, scores, chances, level=self.level, samples=_SAMPLES, seed=_SEED)

    def _ranking(self) -> Ranking:
        return self.ranking

    @abstractmethod
    def _scores_and_chances(
        self, names: Sequence[str], samples: int, seed: int
    ) -> tuple[Floats, Floats]:
        """P-scores of treatments, and their probability of each rank."""

    def connected(self, a: str, b: str) -> bool:
        """Whether trials connect two treatments."""
        return any(a in part.treatments and b in part.treatments for part in self.parts)

    def note(self, a: str, b: str) -> str:
        """Through which assumption a comparison exists; empty where trials connect the two."""
        return "" if self.connected(a, b) else self.through

    def p_scores(self) -> dict[str, float | None]:
        """P-score of each treatment; None where it has no rank."""
        known = {rank.treatment: rank.p_score for rank in self.ranking.ranks}
        return {name: known.get(name) for name in self.treatments}

    def ranked(self) -> tuple[str, ...]:
        """Treatments as a table shows them: by rank, then without a rank in natural order."""
        ranked = [rank.treatment for rank in self.ranking.ranks]
        return (*ranked, *(name for name in self.treatments if name not in ranked))

    def _shared_dict(self) -> dict[str, Any]:
        """Keys that these models have in common with `NetworkResult.to_dict`."""
        return {
            **self._head(),
            "league": plain_league(self.league()),
            "league_common": plain_league(self.league("common")),
            "q": self.q.q,
            "q_df": self.q.df,
            "q_p_value": self.q.p_value,
            "q_inconsistency": self.q_inconsistency.q,
            "q_inconsistency_df": self.q_inconsistency.df,
            "q_inconsistency_p_value": self.q_inconsistency.p_value,
            "q_treatments": self.q_treatments.q,
            "q_treatments_df": self.q_treatments.df,
            "q_treatments_p_value": self.q_treatments.p_value,
            "q_difference": self.q_difference.q,
            "q_difference_df": self.q_difference.df,
            "q_difference_p_value": self.q_difference.p_value,
            "q_difference_note": self.q_difference.note,
            "small_values": self.small_values,
            "p_scores": self.p_scores(),
            # Estimates that rest on an assumption are no sum of paths between treatments.
            "contributions": None,
            "ranks": plain_ranking(self.ranking),
            "parts": [
                {"treatments": list(part.treatments), "studies": list(part.studies)}
                for part in self.parts
            ],
            "notes": list(self.notes),
        }

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""


def plain_effects(effects: Sequence[Effect]) -> dict[str, dict[str, Any]]:
    """Return effects as plain values, their names as keys."""
    return {own.name: asdict(own.effect) for own in effects}
