"""What a result on surrogacy hands over to be computed twice: nothing the second engine has."""

from __future__ import annotations

from typing import Final

from trialpool.records.surrogacy.questions import SurrogacyResult
from trialpool.verification.pools import Analysis, Contents

_REASON: Final = "two correlated effects of each trial: bivariate random effects"


def contents(result: SurrogacyResult) -> Contents:
    """Name the association of each group as not computed twice."""
    left = (
        Analysis(result.id, group.label, "association", group.k, _REASON) for group in result.groups
    )
    return Contents((), left=tuple(left))
