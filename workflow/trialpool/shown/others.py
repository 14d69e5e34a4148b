"""Tables of effect sizes, and of what further trials would bring."""

from __future__ import annotations

import math
from typing import Final

from trialpool import formatting
from trialpool.effects.typed import EffectSizes
from trialpool.pooling.sequential.information import InformationSize
from trialpool.pooling.sequential.one_more import OneMore
from trialpool.shown.table import Row, ShownTable
from trialpool.shown.words import effect_and_limits, measure_of, name_of, said, trials

_MOST_ROWS: Final = 60
_Z: Final = 1.959963984540054


def effect_sizes(found: EffectSizes) -> ShownTable:
    """One row per effect with its interval, and what was left out."""
    measure = measure_of(found.about, found.measure)
    rows: list[Row] = []
    for i in range(min(len(found), _MOST_ROWS)):
        yi, half = float(found.yi[i]), _Z * math.sqrt(float(found.vi[i]))
        rows.append((found.labels[i], *effect_and_limits((yi, yi - half, yi + half), measure)))
    more = len(found) - len(rows)
    return ShownTable(
        f"{name_of(measure)} of {trials(len(found))}",
        ("trial", "effect", "95% CI"),
        tuple(rows),
        said(
            f"And {more} more." if more else "",
            *(f"Left out: {x.label}, {x.reason}." for x in found.excluded),
            *(f"Warning: {doubt}" for doubt in found.warnings),
        ),
    )


def information_size(found: InformationSize) -> ShownTable:
    """Show required and reached information."""
    return ShownTable(
        f"Information to find an effect of {formatting.number(found.effect)} (analysis scale) with "
        f"α {formatting.plain(found.alpha)} and power {formatting.plain(found.power)}",
        ("", "information"),
        (
            ("required without heterogeneity", formatting.number(found.required, 1)),
            ("required", formatting.number(found.adjusted, 1)),
            ("reached", formatting.number(found.reached, 1)),
            ("fraction", formatting.percent(found.fraction)),
        ),
        (f"At least {trials(found.least_trials)}, however large",),
    )


def one_more(found: OneMore) -> ShownTable:
    """Probability of each verdict after one more trial."""
    return ShownTable(
        f"After one more trial with standard error {formatting.number(found.se)}",
        ("verdict", "probability"),
        tuple((word, formatting.probability(value)) for word, value in found.words.items()),
        (f"Now: {found.now}; another word with {formatting.probability(found.changes)}",),
    )
