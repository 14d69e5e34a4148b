"""A network meta-analysis as plain values, ready for JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from trialpool.pooling.network.results import Comparison, NetworkResult

# Of more treatments the contributions to every pair would take longer than all the rest.
_ALL_CONTRIBUTIONS: Final = 30


def plain(result: NetworkResult) -> dict[str, Any]:
    """Return a network as plain values ready for JSON."""
    total, within = result.decomposition.total, result.decomposition.within
    between = result.decomposition.between
    return {
        "treatments": list(result.treatments),
        "reference": result.reference,
        "measure": result.measure,
        "scale": result.scale,
        "level": result.level,
        "k": result.k,
        "n_contrasts": result.n_contrasts,
        "ci_method": result.interval.method,
        "ci_df": result.interval.df,
        "ci_factor": result.interval.factor,
        "league": _plain_league(result.league(), prediction=True),
        "league_common": _plain_league(result.league("common"), prediction=False),
        "tau2": result.tau2.value,
        "tau2_ci_lower": result.tau2.lower,
        "tau2_ci_upper": result.tau2.upper,
        "tau2_method": result.tau2.method,
        "i2": result.tau2.i2,
        "i2_q": result.tau2.i2_q,
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
        "design_by_treatment": asdict(result.decomposition.interaction),
        "small_values": result.small_values,
        "p_scores": result.p_scores(),
        "p_scores_common": result.p_scores("common"),
        "direct_indirect": [asdict(split) for split in result.direct_indirect],
        "node_splitting": [asdict(split) for split in result.node_splits],
        "contributions": _contributions(result),
        "designs": [_lists(asdict(design)) for design in result.designs],
        "components": [_lists(asdict(part)) for part in result.components],
        "studies": [
            {
                "label": s.label,
                "treatments": list(s.treatments),
                "patients": None if s.patients is None else list(s.patients),
            }
            for s in result.studies
        ],
        "excluded": [asdict(x) for x in result.left_out],
        "corrected": list(result.corrected),
        "diagnostics": {
            "converged": result.tau2.converged,
            "multimodal": result.tau2.multimodal,
            "notes": list(result.notes),
        },
    }


def _contributions(result: NetworkResult) -> dict[str, dict[str, Any]]:
    """Shares by pair; of a large network the pairs with the reference alone."""
    pairs = None
    if len(result.treatments) > _ALL_CONTRIBUTIONS:
        pairs = [(a, result.reference) for a in result.treatments if a != result.reference]
    found = result.contributions(pairs)
    plain: dict[str, dict[str, Any]] = {}
    for row, (a, b) in enumerate(found.pairs):
        shares = zip(found.comparisons, found.by_comparison[row].tolist(), strict=True)
        trials = zip(found.studies, found.by_study[row].tolist(), strict=True)
        plain.setdefault(a, {})[b] = {
            "comparisons": [
                {"treat1": c, "treat2": d, "share": x} for (c, d), x in shares if x > 0.0
            ],
            "studies": {label: x for label, x in trials if x > 0.0},
        }
    return plain


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
