"""Network estimates of the Bayesian normal-normal model: tau² has a prior, effects have none.

Given tau the effects against the reference are normal, with mean and covariance of generalised
least squares; tau, which all comparisons share, is integrated out by quadrature as in a pairwise
pool (Röver 2020, Journal of Statistical Software 93(6); Dias et al. 2013, Medical Decision Making
33:607, for the model). No sampling: the same numbers in every run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np

from trialpool.pooling.bayes.catalogue import PriorChoice, check_prior, default_prior
from trialpool.pooling.bayes.priors import TauPrior
from trialpool.pooling.bayes.tau_posterior import Nodes, find_range, on_nodes
from trialpool.pooling.network.independent import independent
from trialpool.pooling.network.ranking import Draws, Ranking, ranking, ranks_of_draws
from trialpool.pooling.network.studies import StudyEffects
from trialpool.pooling.numeric.normal_mixtures import Mixtures
from trialpool.pooling.options import Floats

_FIRST_NODES: Final = 64
_MOST_NODES: Final = 2**13
_CONVERGED: Final = 1e-8  # of the width of an interval
_CHUNK_NUMBERS: Final = 2**20  # in one temporary array
_UNLIKELY: Final = 1e-8  # a node of the quadrature that no draw comes from


@dataclass(frozen=True)
class PosteriorComparison:
    """One treatment against another: posterior of the mean effect on the analysis scale.

    Attributes
    ----------
    estimate : float
        Posterior median.
    se : float or None
        Posterior standard deviation; None where the prior's tail leaves none.
    ci_lower, ci_upper : float
        Equal-tailed credible interval.
    pi_lower, pi_upper : float
        Of the effect in a new trial.
    p_below : float
        Posterior probability of an effect below 0.
    below_at : tuple of float
        Posterior probabilities of effects below the values that were asked for.
    """

    estimate: float
    se: float | None
    ci_lower: float
    ci_upper: float
    pi_lower: float
    pi_upper: float
    p_below: float
    below_at: tuple[float, ...] = ()


# From values of tau to mean and covariance of all treatments, some values at once.
Given = Callable[[Floats], Iterator[tuple[Floats, Floats]]]


@dataclass(frozen=True, eq=False)
class EffectMixture:
    """Effects of all treatments: normal given tau, over the nodes of the quadrature.

    Attributes
    ----------
    p : ndarray of shape (nodes,)
        Probabilities.
    tau : ndarray of shape (nodes,)
    given : callable
        From tau to mean and covariance of the treatments, some at once, analysis scale.
    """

    p: Floats
    tau: Floats
    given: Given

    def draws(self) -> Draws:
        """Return a function that draws effects of all treatments."""
        kept = np.flatnonzero(self.p > _UNLIKELY)
        p = self.p[kept] / self.p[kept].sum()
        nodes = []
        for means, covariances in self.given(self.tau[kept]):
            # The reference has no variance: the root is of the others.
            free = np.flatnonzero(np.diag(covariances[0]) > 0.0)
            for mean, covariance in zip(means, covariances, strict=True):
                root = np.zeros((mean.size, free.size))
                root[free] = np.linalg.cholesky(covariance[np.ix_(free, free)])
                nodes.append((mean, root))

        def draw(size: int, generator: np.random.Generator) -> Floats:
            counts = generator.multinomial(size, p).tolist()
            parts = [
                mean + generator.standard_normal((count, root.shape[1])) @ root.T
                for count, (mean, root) in zip(counts, nodes, strict=True)
                if count
            ]
            return np.concatenate(parts)

        return draw


@dataclass(frozen=True, eq=False)
class NetworkPosterior:
    """Posterior of a network.

    Attributes
    ----------
    treatments : tuple of str
    level : float
    prior : str
        In words.
    tau, tau_lower, tau_upper : float
        Posterior median of tau and its equal-tailed limits.
    comparisons : dict of (str, str) to PosteriorComparison
        The first treatment against the second, both ways round.
    nodes : int
        Of the quadrature.
    mixture : EffectMixture
    """

    treatments: tuple[str, ...]
    level: float
    prior: str
    tau: float
    tau_lower: float
    tau_upper: float
    comparisons: dict[tuple[str, str], PosteriorComparison]
    nodes: int
    mixture: EffectMixture

    def compare(self, a: str, b: str) -> PosteriorComparison:
        """Posterior of treatment `a` against `b`.

        Raises
        ------
        ValueError
            If a treatment is not in the network.
        """
        found = self.comparisons.get((a, b))
        if found is None:
            allowed = ", ".join(self.treatments)
            raise ValueError(f"a={a!r}, b={b!r}; allowed: two of the treatments {allowed}")
        return found

    def ranking(
        self, small_values: str, *, reason: str = "", samples: int = 100_000, seed: int = 1
    ) -> Ranking:
        """Ranks of the posterior.

        The P-score is the mean posterior probability to be better than each of the others, the
        surface under the cumulative ranking curve (Salanti, Ades and Ioannidis 2011, Journal of
        Clinical Epidemiology 64:163); medians and limits of ranks come from seeded draws.

        Parameters
        ----------
        small_values : {"good", "bad"}
        reason : str
            Why the network gives no ranks, where it gives none (`NetworkResult.no_ranks`).
        samples, seed : int
        """
        if reason:
            return Ranking((), reason, self.level, samples, seed)
        names = self.treatments
        below = [[0.0 if a == b else self.comparisons[a, b].p_below for b in names] for a in names]
        own = np.array(below)
        better = own if small_values == "good" else 1.0 - own - np.eye(len(names))
        chances = ranks_of_draws(
            self.mixture.draws(), len(names), small_values, samples=samples, seed=seed
        )
        return ranking(
            names, better.sum(axis=1) / (len(names) - 1), chances,
            level=self.level, samples=samples, seed=seed,
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return {
            "prior": self.prior,
            "tau": self.tau,
            "tau_ci_lower": self.tau_lower,
            "tau_ci_upper": self.tau_upper,
            "league": {
                a: {b: _plain(self.comparisons[a, b]) for b in self.treatments if b != a}
                for a in self.treatments
            },
        }


def _plain(found: PosteriorComparison) -> dict[str, float | None]:
    """Return the numbers that every posterior has."""
    return {name: value for name, value in asdict(found).items() if name != "below_at"}


@dataclass(frozen=True, eq=False)
class _TauModel:
    """The network in the form that the quadrature of tau asks for."""

    y: Floats
    v: Floats
    x: Floats
    prior: TauPrior

    @property
    def tail_power(self) -> float:
        """Of tau: each coordinate that no effect uses up falls with one power."""
        return float(self.prior.tail_power + self.y.size - self.x.shape[1])

    def given(self, tau: Floats) -> Iterator[tuple[Floats, Floats, Floats]]:
        """Yield log likelihood with effects integrated out, mean, covariance: of some tau at once.

        Shapes (t,), (t, p), (t, p, p).
        """
        step = max(1, _CHUNK_NUMBERS // (self.x.size + self.x.shape[1] ** 2))
        for start in range(0, tau.size, step):
            total = self.v + tau[start : start + step, None] ** 2
            wx = self.x / total[:, :, None]
            gram = self.x.T @ wx
            covariance = np.asarray(np.linalg.inv(gram), dtype=np.float64)
            mean = (covariance @ (self.y @ wx)[:, :, None])[:, :, 0]
            r = self.y - mean @ self.x.T
            log_det = np.log(total).sum(axis=1) + np.linalg.slogdet(gram)[1]
            yield -0.5 * (log_det + (r * r / total).sum(axis=1)), mean, covariance

    def of_all(self, tau: Floats, n: int, places: list[int]) -> Iterator[tuple[Floats, Floats]]:
        """Yield mean and covariance of all `n` treatments, 0 for the reference."""
        for _, own, own_covariance in self.given(tau):
            effects = np.zeros((own.shape[0], n))
            covariance = np.zeros((own.shape[0], n, n))
            effects[:, places] = own
            covariance[np.ix_(range(own.shape[0]), places, places)] = own_covariance
            yield effects, covariance

    def at(self, tau: Floats, log_tau: Floats) -> tuple[Floats, Floats, Floats]:
        """Log density of tau; effects are asked for where they are needed."""
        # Beyond this tau the fit is that of equal weights: squares stay in a double.
        far = 1e8 * float(np.sqrt(self.v.max()) + np.abs(self.y).max())
        df = self.y.size - self.x.shape[1]
        near = np.concatenate([found for found, _, _ in self.given(np.minimum(tau, far))])
        beyond = np.where(tau > far, df * (log_tau - np.log(far)), 0.0)
        nothing = np.zeros((tau.size, 0))
        return near - beyond + self.prior.log_kernel(tau, log_tau), nothing, nothing


def network_posterior(
    studies: Sequence[StudyEffects],
    treatments: Sequence[str],
    reference: str,
    measure: str,
    *,
    prior: PriorChoice | None = None,
    scale: float | None = None,
    level: float = 0.95,
    at: Sequence[float] = (),
    every_pair: bool = True,
) -> NetworkPosterior:
    """Posterior of the comparisons of a network.

    Parameters
    ----------
    studies : sequence of StudyEffects
        Connected.
    treatments : sequence of str
    reference : str
        Which treatment it is changes nothing.
    measure : str
    prior, scale
        Of tau, as in `bayesian_random_effects`.
    level : float
    at : sequence of float
        Values on the analysis scale of which every comparison says how probable a smaller effect
        is.
    every_pair : bool
        Whether all treatments are compared with each other, or with the reference alone.

    Raises
    ------
    ValueError
        If the prior is not known, or leaves no posterior.
    """
    if prior is None and scale is None:
        prior = default_prior(measure)
    chosen = check_prior(prior, scale)
    columns = {name: i for i, name in enumerate(t for t in treatments if t != reference)}
    turned = independent(studies, columns)
    model = _TauModel(turned.y, turned.v, turned.x, chosen.prior)
    if model.tail_power <= 1.0:
        raise ValueError(
            f"prior={chosen.name!r}: so few trials leave tau no posterior under a prior without "
            "an end; allowed: a proper prior"
        )
    found = find_range(model, 0)
    if found is None:
        raise ValueError(f"prior={chosen.name!r}: trials and prior contradict each other")
    count = _FIRST_NODES
    # Of the comparison the other way round, too.
    where = (*at, *(-value for value in at))

    def given(tau: Floats) -> Iterator[tuple[Floats, Floats]]:
        return model.of_all(tau, len(treatments), places)

    places = [i for i, name in enumerate(treatments) if name in columns]
    asked = list(combinations(range(len(treatments)), 2))
    if not every_pair:
        at_reference = treatments.index(reference)
        asked = [(i, at_reference) for i in places]
    before = _limits(_mixture(on_nodes(model, found, count), given, asked), level, None)
    while True:
        count *= 2
        mixture = _mixture(on_nodes(model, found, count), given, asked)
        limits = _limits(mixture, level, before)
        width = np.maximum(limits[2] - limits[1], 1e-300)
        moved = float((np.abs(limits - before) / width).max())
        if moved <= _CONVERGED:
            break
        if count >= _MOST_NODES:
            raise ValueError(
                f"prior={chosen.name!r}: the posterior of tau cannot be integrated with "
                f"{_MOST_NODES} nodes; look for an effect far from the others"
            )
        before = limits
    of_pairs, of_tau, below_at = _summary(mixture, limits, level, where)
    comparisons = {}
    for place, (i, j) in enumerate(asked):
        a, b = treatments[i], treatments[j]
        median, lower, upper, pi_lower, pi_upper, sd, p = of_pairs[:, place].tolist()
        spread = sd if model.tail_power > 3.0 else None
        below = below_at[:, place].tolist()
        other_way = tuple(1.0 - value for value in below[len(at) :])
        comparisons[a, b] = PosteriorComparison(
            median, spread, lower, upper, pi_lower, pi_upper, p, tuple(below[: len(at)])
        )
        comparisons[b, a] = PosteriorComparison(
            -median, spread, -upper, -lower, -pi_upper, -pi_lower, 1.0 - p, other_way
        )
    tau, tau_lower, tau_upper = of_tau.tolist()
    return NetworkPosterior(
        tuple(treatments), level, chosen.words, tau, tau_lower, tau_upper, comparisons, count,
        EffectMixture(mixture.effect.p, mixture.tau, given),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Mixture:
    """Pairs over the nodes of the quadrature: their mean effects, and those in a new trial."""

    nodes: Nodes
    tau: Floats
    effect: Mixtures
    new: Mixtures


def _mixture(nodes: Nodes, given: Given, pairs: Sequence[tuple[int, int]]) -> _Mixture:
    """Effects of pairs on one set of nodes."""
    used = nodes.p > 1e-18
    p, tau = nodes.p[used] / nodes.p[used].sum(), nodes.tau[used]
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    means, variances = [], []
    for effects, covariance in given(tau):
        spread = np.diagonal(covariance, axis1=1, axis2=2)
        means.append(effects[:, first] - effects[:, second])
        shared = covariance[:, first, second]
        variances.append(spread[:, first] + spread[:, second] - 2.0 * shared)
    mean, variance = np.concatenate(means), np.concatenate(variances)
    effect = Mixtures(p, mean, np.sqrt(variance))
    return _Mixture(nodes, tau, effect, Mixtures(p, mean, np.sqrt(variance + (tau * tau)[:, None])))


def _limits(mixture: _Mixture, level: float, near: Floats | None) -> Floats:
    """Median and limits of the effect of each pair, shape (3, pairs); `near` are such."""
    count, effect = mixture.effect.mean.shape[1], mixture.effect
    half, outside = np.full(count, 0.5), np.full(count, 0.5 * (1.0 - level))
    starts = near if near is not None else (None,) * 3
    return np.stack([
        effect.lower_quantile(half, starts[0]), effect.lower_quantile(outside, starts[1]),
        effect.upper_quantile(outside, starts[2]),
    ])  # fmt: skip


def _summary(
    mixture: _Mixture, limits: Floats, level: float, at: Sequence[float]
) -> tuple[Floats, Floats, Floats]:
    """Return what is said of pairs, of tau, and of the values that were asked for."""
    nodes, effect, new = mixture.nodes, mixture.effect, mixture.new
    count, tail = limits.shape[1], 0.5 * (1.0 - level)
    outside = np.full(count, tail)
    of_new = [new.lower_quantile(outside), new.upper_quantile(outside)]
    of_pairs = np.stack([*limits, *of_new, effect.moments()[1], effect.cdf(np.zeros(count))])
    below_at = np.array([effect.cdf(np.full(count, value)) for value in at])
    of_tau = nodes.path.tau(nodes.quantile(np.array([0.5, tail, 1.0 - tail])))[0]
    return of_pairs, of_tau, below_at.reshape(len(at), count)
