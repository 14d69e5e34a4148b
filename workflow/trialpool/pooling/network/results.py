"""What a network meta-analysis gives back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from trialpool.pooling.network.compared import ComparedTreatments, plain_league
from trialpool.pooling.network.estimates import Comparison, NetworkEstimates, NetworkTau2
from trialpool.pooling.network.evidence.contributions import Contributions, contributions
from trialpool.pooling.network.graph import Component, Design, Pair
from trialpool.pooling.network.inconsistency import Decomposition, EvidenceSplit
from trialpool.pooling.network.intervals import NetworkInterval
from trialpool.pooling.network.ranking import (
    Ranking,
    plain_ranking,
    rank_probabilities,
    ranking,
    why_not_ranked,
)
from trialpool.pooling.network.studies import LeftOutStudy, StudyEffects
from trialpool.pooling.numeric.tails import two_sided_p
from trialpool.pooling.options import Floats, choose

if TYPE_CHECKING:
    from trialpool.pooling.bayes.catalogue import PriorChoice
    from trialpool.pooling.network.posterior import NetworkPosterior


# Of more treatments the contributions to every pair would take longer than all the rest.
_ALL_CONTRIBUTIONS: Final = 30


@dataclass(frozen=True, eq=False, repr=False)
class NetworkResult(ComparedTreatments[Comparison]):
    """A network meta-analysis. None means "does not exist".

    Attributes
    ----------
    treatments, reference, measure, scale, small_values, level, k, n_contrasts
        As in `ComparedTreatments`, of the component that was analysed.
    random, common : NetworkEstimates
    tau2 : NetworkTau2
    decomposition : Decomposition
    direct_indirect : tuple of EvidenceSplit
        Back-calculation of every pair.
    node_splits : tuple of EvidenceSplit
        Side splitting of every pair that trials compare.
    designs : tuple of Design
    components : tuple of Component
        The one that was analysed first.
    studies : tuple of StudyEffects
        That were analysed.
    apart : tuple of StudyEffects
        Of other components.
    left_out : tuple of LeftOutStudy
        Studies without information, and those of other components.
    corrected : tuple of str
        Studies with zero cells, to which 0.5 was added.
    notes : tuple of str
    interval : NetworkInterval
        Of the random-effects estimates.
    warnings : tuple of str
        Of that interval: Wald for want of a degree of freedom, or narrower than that of the
        common effect.
    """

    random: NetworkEstimates
    common: NetworkEstimates
    tau2: NetworkTau2
    decomposition: Decomposition
    direct_indirect: tuple[EvidenceSplit, ...]
    node_splits: tuple[EvidenceSplit, ...]
    designs: tuple[Design, ...]
    components: tuple[Component, ...]
    studies: tuple[StudyEffects, ...]
    apart: tuple[StudyEffects, ...]
    left_out: tuple[LeftOutStudy, ...]
    corrected: tuple[str, ...]
    notes: tuple[str, ...]
    interval: NetworkInterval
    warnings: tuple[str, ...]
    quantile: float
    prediction_quantile: float | None

    def _compare(self, i: int, j: int, model: str) -> Comparison:
        found = self.random if model == "random" else self.common
        if i == j:
            return Comparison(0.0, 0.0, 0.0, 0.0, None)
        estimate, variance = found.difference(i, j)
        quantile, df = self.quantile, math.nan
        if model == "random":
            variance *= self.interval.factor
            quantile = self.interval.quantile
            df = math.nan if self.interval.df is None else float(self.interval.df)
        se = math.sqrt(variance)
        half = quantile * se
        limits: tuple[float | None, float | None] = (None, None)
        if model == "random" and self.prediction_quantile is not None:
            reach = self.prediction_quantile * math.sqrt(self.tau2.value + variance)
            limits = (estimate - reach, estimate + reach)
        p = float(two_sided_p(estimate / se, df))
        return Comparison(estimate, se, estimate - half, estimate + half, p, *limits)

    def p_scores(self, model: str = "random") -> dict[str, float]:
        """P-score of each treatment: 1 is certainly the best, 0 certainly the worst."""
        found = self.random if model == "random" else self.common
        return dict(zip(self.treatments, found.p_scores.tolist(), strict=True))

    def rank_probabilities(self, *, samples: int = 100_000, seed: int = 1) -> Floats:
        """Probability of each treatment (row) to have each rank (column), by seeded sampling."""
        return rank_probabilities(
            self.random.effects,
            self.random.covariance,
            self.small_values,
            samples=samples,
            seed=seed,
        )

    @property
    def no_ranks(self) -> str:
        """Why the treatments get no ranks; empty where they do (`why_not_ranked`)."""
        parts = self.decomposition
        return why_not_ranked(len(self.treatments), parts.total.df, parts.between.df)

    def ranking(self, *, samples: int = 100_000, seed: int = 1) -> Ranking:
        """P-scores of the random-effects model with the distribution of the ranks.

        Medians and limits of ranks, at the level of the network, come from seeded draws.
        """
        if self.no_ranks:
            return Ranking((), self.no_ranks, self.level, samples, seed)
        chances = self.rank_probabilities(samples=samples, seed=seed)
        return ranking(
            self.treatments, self.random.p_scores, chances,
            level=self.level, samples=samples, seed=seed,
        )  # fmt: skip

    def ranked(self) -> tuple[str, ...]:
        """Treatments by P-score of the random-effects model, the best first.

        In natural order where the network gives no ranks.
        """
        if self.no_ranks:
            return self.treatments
        scores = self.random.p_scores
        order = sorted(range(len(self.treatments)), key=lambda i: (-scores[i], i))
        return tuple(self.treatments[i] for i in order)

    def _ranking(self) -> Ranking:
        return self.ranking()

    @property
    def model_words(self) -> str:
        """Name the model."""
        return f"tau² by {self.tau2.method}"

    @property
    def spreads(self) -> dict[str, float]:
        """Standard deviation between trials."""
        return {"τ": math.sqrt(self.tau2.value)}

    def split(self, a: str, b: str) -> EvidenceSplit | None:
        """Direct and indirect evidence on a pair, in the order in which it is kept."""
        pair = {a, b}
        return next((s for s in self.direct_indirect if {s.treat1, s.treat2} == pair), None)

    def contributions(
        self, pairs: Iterable[Pair] | None = None, model: str = "random"
    ) -> Contributions:
        """Shares of trials and direct comparisons in network estimates; by default of all pairs."""
        choose("model", model, ("random", "common"))
        tau2 = self.tau2.value if model == "random" else 0.0
        return contributions(self.studies, self.treatments, tau2, pairs)

    def posterior(
        self,
        *,
        prior: PriorChoice | None = None,
        scale: float | None = None,
        at: Sequence[float] = (),
    ) -> NetworkPosterior:
        """Bayesian estimates of all comparisons; see `bayesian_random_effects` for the prior.

        `at` are values on the analysis scale of which every comparison says how probable a smaller
        effect is.
        """
        # Imported here because most networks are analysed without it.
        from trialpool.pooling.network.posterior import network_posterior

        return network_posterior(
            self.studies, self.treatments, self.reference, self.measure,
            prior=prior, scale=scale, level=self.level, at=at,
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON; contributions of a large network to its reference."""
        few = len(self.treatments) <= _ALL_CONTRIBUTIONS
        pairs = (
            None if few else [(a, self.reference) for a in self.treatments if a != self.reference]
        )
        total, within = self.decomposition.total, self.decomposition.within
        between = self.decomposition.between
        return {
            **self._head(),
            **self.interval.plain(),
            "league": plain_league(self.league()),
            "league_common": plain_league(self.league("common"), "pi_lower", "pi_upper"),
            "tau2": self.tau2.value,
            "tau2_ci_lower": self.tau2.lower,
            "tau2_ci_upper": self.tau2.upper,
            "tau2_method": self.tau2.method,
            "i2": self.tau2.i2,
            "i2_q": self.tau2.i2_q,
            "q": total.q,
            "q_df": total.df,
            "q_p_value": total.p_value,
            "q_heterogeneity": within.q,
            "q_heterogeneity_df": within.df,
            "q_heterogeneity_p_value": within.p_value,
            "q_inconsistency": between.q,
            "q_inconsistency_df": between.df,
            "q_inconsistency_p_value": between.p_value,
            "q_inconsistency_note": between.note,
            "design_by_treatment": asdict(self.decomposition.interaction),
            "small_values": self.small_values,
            "p_scores": self._known_scores("random"),
            "p_scores_common": self._known_scores("common"),
            "ranks": plain_ranking(self.ranking()),
            "direct_indirect": [asdict(split) for split in self.direct_indirect],
            "node_splitting": [asdict(split) for split in self.node_splits],
            "contributions": self.contributions(pairs).to_dict(),
            "designs": [_lists(asdict(design)) for design in self.designs],
            "components": [_lists(asdict(part)) for part in self.components],
            "studies": [
                {
                    "label": s.label,
                    "treatments": list(s.treatments),
                    "patients": None if s.patients is None else list(s.patients),
                }
                for s in self.studies
            ],
            "excluded": [asdict(x) for x in self.left_out],
            "corrected": list(self.corrected),
            "warnings": list(self.warnings),
            "diagnostics": {
                "converged": self.tau2.converged,
                "multimodal": self.tau2.multimodal,
                "notes": list(self.notes),
            },
        }

    def _known_scores(self, model: str) -> dict[str, float | None]:
        """P-scores; None where the network gives no ranks."""
        return {a: None if self.no_ranks else p for a, p in self.p_scores(model).items()}


def _lists(record: dict[str, Any]) -> dict[str, Any]:
    return {key: list(value) for key, value in record.items()}
