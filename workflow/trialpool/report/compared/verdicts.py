"""Verdicts at a glance: a sign, a tone and two or three words; never colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from trialpool.records.groups import Group

Tone = Literal["better", "leans-better", "same", "open", "leans-worse", "worse"]
# How sure a verdict is, for the filter: concluded by a pool, by one trial, or not.
Known = Literal["pool", "trial", "open"]


@dataclass(frozen=True)
class Glance:
    """A verdict at a glance.

    Attributes
    ----------
    sign : str
        One character.
    tone : str
        Decides the colour.
    words : str
    known : {"pool", "trial", "open"}
    """

    sign: str
    tone: Tone
    words: str
    known: Known


_GLANCES: Final[dict[str, Glance]] = {
    "benefit": Glance("▲", "better", "benefit", "pool"),
    "leans-to-benefit": Glance("△", "leans-better", "leans to benefit", "open"),
    "not-settled": Glance("◇", "open", "not settled", "open"),
    "leans-to-harm": Glance("▽", "leans-worse", "leans to harm", "open"),
    "harm": Glance("▼", "worse", "harm", "pool"),
    "little-or-no-difference": Glance("=", "same", "little or no difference", "pool"),
    "differs": Glance("▲", "same", "differs", "pool"),
    "leans-to-differ": Glance("△", "open", "leans to differ", "open"),
    "within-margin": Glance("=", "same", "within the margin", "pool"),
    "margin-not-shown": Glance("◇", "open", "not shown to be within the margin", "open"),
    "beyond-margin": Glance("▼", "worse", "beyond the margin", "pool"),
    "trial-benefit": Glance("▲", "better", "benefit in one trial", "trial"),
    "trial-harm": Glance("▼", "worse", "harm in one trial", "trial"),
    "trial-differs": Glance("▲", "same", "differs in one trial", "trial"),
    "trial-not-settled": Glance("◇", "open", "not settled by one trial", "open"),
    "not-pooled": Glance("◇", "open", "not pooled", "open"),
}
_NONE: Final = Glance("◇", "open", "no verdict", "open")
_SIZES: Final = {"important": "important", "smaller-than-important": "smaller than important"}

# What the signs mean, for the line under the matrix.
LEGEND: Final = (
    ("▲", "better", "better"),
    ("△", "leans-better", "leans to better"),
    ("=", "same", "little or no difference, or within the margin"),
    ("◇", "open", "not settled"),
    ("▽", "leans-worse", "leans to worse"),
    ("▼", "worse", "worse"),
)

# How sure verdicts are, for the filter.
KNOWN: Final[dict[Known, str]] = {
    "pool": "concluded by a pool",
    "trial": "concluded by one trial",
    "open": "not settled",
}


def glance(group: Group) -> Glance:
    """Return the verdict of a group at a glance."""
    if group.verdict is None:
        return _NONE
    found = _GLANCES.get(group.verdict.word, _NONE)
    # A word on a margin says the same of one trial and of several.
    alone = group.k == 1 and found.known == "pool"
    return Glance(found.sign, found.tone, found.words, "trial") if alone else found


def size_words(group: Group) -> str:
    """Return the size beside a concluded verdict; empty where there is none."""
    verdict = group.verdict
    if verdict is None or verdict.size is None or glance(group).tone not in ("better", "worse"):
        return ""
    return _SIZES.get(verdict.size, "")
