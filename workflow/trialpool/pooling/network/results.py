"""What a network meta-analysis gives back."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

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
from trialpool.pooling.options import Floats, Scale, choose

if TYPE_CHECKING:
    import pandas as pd

    from trialpool.pooling.bayes.catalogue import PriorChoice
    from trialpool.pooling.network.posterior import NetworkPosterior


# Of more treatments the contributions to every pair would take longer than all the rest.
_ALL_CONTRIBUTIONS: Final = 30


@dataclass(frozen=True, eq=False)
class NetworkResult:
    """A network meta-analysis. None means "does not exist".

    Attributes
    ----------
    treatments : tuple of str, length n
        Of the component that was analysed, in natural order.
    reference : str
    measure : str
    scale : {"log", "identity"}
    small_values : {"good", "bad"}
    level : float
    k : int
        Trials.
    n_contrasts : int
        Independent contrasts, arms less one of every trial.
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
    """

    treatments: tuple[str, ...]
    reference: str
    measure: str
    scale: Scale
    small_values: str
    level: float
    k: int
    n_contrasts: int
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
    quantile: float
    prediction_quantile: float | None

    def compare(self, a: str, b: str, model: str = "random") -> Comparison:
        """Effect of treatment `a` against `b`.

        Parameters
        ----------
        a, b : str
        model : {"random", "common"}

        Raises
        ------
        ValueError
            If a treatment or model is not known.
        """
        for argument, name in (("a", a), ("b", b)):
            if name not in self.treatments:
                allowed = ", ".join(self.treatments)
                raise ValueError(f"{argument}={name!r} is not in the network; allowed: {allowed}")
        if model not in ("random", "common"):
            raise ValueError(f"model={model!r} is not known; allowed: random, common")
        found = self.random if model == "random" else self.common
        i, j = self.treatments.index(a), self.treatments.index(b)
        if i == j:
            return Comparison(0.0, 0.0, 0.0, 0.0, None)
        estimate = float(found.effects[i] - found.effects[j])
        c = found.covariance
        variance = max(0.0, float(c[i, i] + c[j, j] - 2.0 * c[i, j]))
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

    def league(self, model: str = "random") -> dict[str, dict[str, Comparison]]:
        """Every treatment against every other: ``league["A"]["B"]`` is A against B."""
        return {a: {b: self.compare(a, b, model) for b in self.treatments} for a in self.treatments}

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
            "treatments": list(self.treatments),
            "reference": self.reference,
            "measure": self.measure,
            "scale": self.scale,
            "level": self.level,
            "k": self.k,
            "n_contrasts": self.n_contrasts,
            "ci_method": self.interval.method,
            "ci_df": self.interval.df,
            "ci_factor": self.interval.factor,
            "league": _plain_league(self.league(), prediction=True),
            "league_common": _plain_league(self.league("common"), prediction=False),
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
            "diagnostics": {
                "converged": self.tau2.converged,
                "multimodal": self.tau2.multimodal,
                "notes": list(self.notes),
            },
        }

    def _known_scores(self, model: str) -> dict[str, float | None]:
        """P-scores; None where the network gives no ranks."""
        return {a: None if self.no_ranks else p for a, p in self.p_scores(model).items()}

    def summary(self) -> pd.DataFrame:
        """Return every treatment against the reference on the scale a reader expects.

        Returns
        -------
        DataFrame
            Index: treatments, the best first; columns estimate, lower, upper (ratios not
            logged), pi_lower, pi_upper, and p_score, rank (median), rank_lower, rank_upper,
            NaN where the network gives no ranks.
        """
        # Imported here because the numerical core runs without pandas.
        import pandas as pd

        def shown(value: float | None) -> float:
            if value is None:
                return math.nan
            if self.scale == "identity":
                return value
            return math.exp(value) if value < 709.0 else math.inf

        places = {rank.treatment: rank for rank in self.ranking().ranks}
        rows = {}
        for name in self.ranked():
            found = self.compare(name, self.reference)
            limits = (found.ci_lower, found.ci_upper, found.pi_lower, found.pi_upper)
            place, rank = [math.nan] * 4, places.get(name)
            if rank is not None:
                place = [rank.p_score, rank.median, rank.lower, rank.upper]
            rows[name] = [*(shown(x) for x in (found.estimate, *limits)), *place]
        columns = ["estimate", "lower", "upper", "pi_lower", "pi_upper",
                   "p_score", "rank", "rank_lower", "rank_upper"]  # fmt: skip
        table = pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype="float64")
        table.index.name = f"{self.measure} against {self.reference}"
        return table

    def _repr_html_(self) -> str:
        table = self.summary()
        title = (
            f"{self.measure} against {self.reference}, {self.k} trials, tau² by "
            f"{self.tau2.method} {self.tau2.value:.4g}, {100 * self.level:g}%"
        )
        head = "".join(f"<th>{name}</th>" for name in ("", *table.columns))
        body = "".join(
            f"<tr><th>{html.escape(str(name))}</th>"
            + "".join(f"<td>{'' if math.isnan(x) else format(x, '.4g')}</td>" for x in row)
            + "</tr>"
            for name, row in zip(table.index, table.to_numpy().tolist(), strict=True)
        )
        caption = f"<caption>{html.escape(title)}</caption>"
        return f"<table>{caption}<tr>{head}</tr>{body}</table>"


def _plain_league(
    league: dict[str, dict[str, Comparison]], *, prediction: bool
) -> dict[str, dict[str, Any]]:
    drop = () if prediction else ("pi_lower", "pi_upper")
    return {
        a: {
            b: {key: value for key, value in asdict(found).items() if key not in drop}
            for b, found in row.items()
        }
        for a, row in league.items()
    }


def _lists(record: dict[str, Any]) -> dict[str, Any]:
    return {key: list(value) for key, value in record.items()}
