"""Who judged an outcome: the names of time_to_event.csv, as the taxonomy explains them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

# Of a reader whose name the taxonomy does not explain: "other"; of one who is not named: empty.
Reader = Literal["blinded", "open", "other", ""]


@dataclass(frozen=True)
class Assessor:
    """A name of an assessor.

    Attributes
    ----------
    blinded : bool
        Whether who judged did not know the treatment.
    words : tuple of str
        What else reports call it.
    """

    blinded: bool
    words: tuple[str, ...] = ()


_DEFAULT: Final = {"blinded": Assessor(blinded=True), "investigator": Assessor(blinded=False)}


def assessors_of(taxonomy: Mapping[str, Any]) -> dict[str, Assessor]:
    """Return ``assessors`` of taxonomy.yaml; without it "blinded" and "investigator"."""
    declared = taxonomy.get("assessors")
    if declared is None:
        return dict(_DEFAULT)
    return {
        str(name): Assessor(bool(entry["blinded"]), tuple(map(str, entry.get("words", ()))))
        for name, entry in declared.items()
    }


def reader_of(assessors: Mapping[str, Assessor], name: str) -> Reader:
    """Say how an assessor judged, by the name in the table."""
    if name not in assessors:
        return "other" if name else ""
    return "blinded" if assessors[name].blinded else "open"
