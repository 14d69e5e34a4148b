"""Methods of what curves say over time: pooled survival, hazard ratios by interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trialpool.report.wording import Citations

Record = Mapping[str, Any]


def course(records: Sequence[Record], cite: Citations) -> list[str]:
    """Say how curves are pooled and cut; nothing where no record has curves."""
    entries = [entry for record in records for entry in record.get("curves") or ()]
    if not entries:
        return []
    kinds = {entry["data"] for entry in entries}
    text = (
        "Survival curves are pooled by interval between landmarks: conditional survival on the "
        "arcsine scale, by random effects (DerSimonian-Laird), multiplied "
        f"{cite('combescure2014')}; the correlation of intervals between trials is not modelled."
    )
    if "landmarks" in kinds:
        text += (
            " Where survival and its standard error at the landmarks are known alone, the hazard "
            "ratio of an interval is the ratio of the increments of the cumulative hazard, "
            "−ln of conditional survival, with the variance that Greenwood’s sum gains in the "
            "interval and the delta method."
        )
    if "individual" in kinds:
        text += (
            " Where individual data were reconstructed from curves, it is that of a Cox model "
            "among those still followed."
        )
    text += (
        " Increments are uncorrelated, so late is compared with early within each trial. Hazards "
        "are called not proportional where the score test over the curve has p < 0.05 "
        f"{cite('grambsch1994')}; the difference in restricted mean survival time needs no "
        f"proportional hazards {cite('royston2013')}."
    )
    return [text]
