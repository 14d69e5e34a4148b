"""Tables of networks."""

from __future__ import annotations

from typing import Any

from trialpool import formatting
from trialpool.measures import get_measure
from trialpool.pooling.network.compared import ComparedTreatments
from trialpool.shown.table import ShownTable
from trialpool.shown.words import effect_and_limits, name_of, percent_level, trials


def compared_treatments(found: ComparedTreatments[Any]) -> ShownTable:
    """Every treatment against the reference, those with a rank first."""
    measure = get_measure(found.measure)
    places = found.places()
    rows = []
    for name in found.ranked():
        own, place = found.compare(name, found.reference), places.get(name)
        rows.append(
            (
                name,
                *effect_and_limits((own.estimate, own.ci_lower, own.ci_upper), measure),
                formatting.interval(own.pi_lower, own.pi_upper, measure),
                formatting.NOT_AVAILABLE if place is None else formatting.number(place.p_score),
                formatting.NOT_AVAILABLE if place is None else formatting.plain(place.median),
            )
        )
    return ShownTable(
        f"{name_of(measure)} against {found.reference}: {trials(found.k)}, {found.model_words}",
        ("", "estimate", percent_level(found.level), "prediction", "P-score", "rank"),
        tuple(rows),
        (", ".join(f"{name} {formatting.number(sd)}" for name, sd in found.spreads.items()),),
    )
