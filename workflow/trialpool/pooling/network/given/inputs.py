"""What `network` is given, in whichever form, as studies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from trialpool.pooling.network.given.arms import from_arms
from trialpool.pooling.network.given.baseline import from_rows
from trialpool.pooling.network.given.contrasts import Sharing, from_contrasts
from trialpool.pooling.network.given.names import one_spelling
from trialpool.pooling.network.studies import LeftOutStudy, StudyEffects, check_names
from trialpool.pooling.options import Floats, as_floats, choose

# What compares two treatments, so that a loop of comparisons adds up.
NETWORK_MEASURES: Final = (
    *("HR", "OR", "RR", "RHR", "ROR", "IRR", "ROM"),
    *("RD", "RMSTD", "IRD", "MD", "SMD", "generic"),
)
_FORMS: Final = (
    "study, treat1, treat2, yi and sei (or vi), or study, treatment, yi and sei (or vi), or study, "
    "treatment, events and n with measure"
)


@dataclass(frozen=True, eq=False)
class GivenStudies:
    """Studies, and what was done to get them.

    Attributes
    ----------
    studies : tuple of StudyEffects
    measure : str
    corrected : tuple of str
        Studies to whose cells 0.5 was added.
    left_out : tuple of LeftOutStudy
    notes : tuple of str
    """

    studies: tuple[StudyEffects, ...]
    measure: str
    corrected: tuple[str, ...] = ()
    left_out: tuple[LeftOutStudy, ...] = ()
    notes: tuple[str, ...] = ()


def read_studies(
    study: Sequence[object],
    names: Mapping[str, Sequence[object] | None],
    numbers: Mapping[str, npt.ArrayLike | None],
    measure: str | None,
    sharing: Sharing,
) -> GivenStudies:
    """Turn the arguments of `network` into studies.

    Parameters
    ----------
    study : sequence of str
    names : mapping
        treat1, treat2, treatment; None where not given.
    numbers : mapping
        yi, sei, vi, rounding, events, n, n1, n2; None where not given.
    measure : str or None
    sharing : Sharing

    Raises
    ------
    NetworkInputError
        With every row or study that makes no network.
    ValueError
        Naming the argument, the value and what is allowed.
    """
    given = {name for name, value in (*names.items(), *numbers.items()) if value is not None}
    spread, sizes = {"sei", "vi", "rounding"}, {"n", "n1", "n2"}
    first = next((numbers[name] for name in ("yi", "events", "n") if name in given), None)
    k = len(study) if first is None else int(np.asarray(first).size)
    trials, notes = one_spelling([check_names("study", study, k)], "trial", sorted_parts=False)
    own = {key: check_names(key, value, k) for key, value in names.items() if value is not None}
    columns, more = one_spelling(own.values(), "treatment")
    treatments = dict(zip(own, columns, strict=True))
    label, told = trials[0], (*notes, *more)
    if given - spread - sizes == {"treat1", "treat2", "yi"} and "n" not in given:
        measure = choose("measure", measure or "generic", NETWORK_MEASURES)
        printed = from_contrasts(
            label, treatments["treat1"], treatments["treat2"], numbers["yi"],
            _variances(numbers["sei"], numbers["vi"]), rounding=numbers["rounding"],
            n1=numbers["n1"], n2=numbers["n2"], sharing=sharing,
        )  # fmt: skip
        return GivenStudies(printed.studies, measure, notes=(*told, *printed.notes))
    if given - spread - {"n"} == {"treatment", "yi"}:
        measure = choose("measure", measure or "generic", NETWORK_MEASURES)
        printed, left_out = from_rows(
            label, treatments["treatment"], numbers["yi"],
            _variances(numbers["sei"], numbers["vi"], missing=True), n=numbers["n"],
            rounding=numbers["rounding"], sharing=sharing,
        )  # fmt: skip
        return GivenStudies(printed.studies, measure, left_out=left_out,
                            notes=(*told, *printed.notes))  # fmt: skip
    if given == {"treatment", "events", "n"}:
        counted = from_arms(
            label, treatments["treatment"], numbers["events"], numbers["n"], measure=measure or ""
        )
        return GivenStudies(
            counted.studies, measure or "", counted.corrected, counted.left_out, told
        )
    shown = ", ".join(sorted(given - spread)) or "none of them"
    raise ValueError(f"given: {shown}; allowed: {_FORMS}")


def _variances(
    sei: npt.ArrayLike | None, vi: npt.ArrayLike | None, *, missing: bool = False
) -> Floats:
    if (sei is None) == (vi is None):
        given = "both" if sei is not None else "neither"
        raise ValueError(f"sei and vi: {given} given; allowed: one of them")
    if missing:
        if vi is not None:
            return np.asarray(vi, dtype=np.float64)
        return np.asarray(sei, dtype=np.float64) ** 2
    if sei is None:
        return as_floats("vi", vi, 1)
    errors = as_floats("sei", sei, 1)
    fine = np.isfinite(errors) & (errors > 0.0)
    if not fine.all():
        at = int(np.argmin(fine))
        raise ValueError(f"sei[{at}]={errors[at]!s}; allowed: finite numbers above 0")
    return np.asarray(errors**2)
