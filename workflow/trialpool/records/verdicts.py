"""The one verdict of a group: the word of its primary model, and what it rests on."""

from __future__ import annotations

from typing import Literal

from trialpool.records.base import Record

Word = Literal[
    "benefit",
    "leans-to-benefit",
    "not-settled",
    "leans-to-harm",
    "harm",
    "little-or-no-difference",
    "differs",
    "leans-to-differ",
    "within-margin",
    "margin-not-shown",
    "beyond-margin",
    "trial-benefit",
    "trial-harm",
    "trial-differs",
    "trial-not-settled",
    "not-pooled",
]
Size = Literal["important", "smaller-than-important"]
Flag = Literal[
    "prior", "one-trial", "shared-arm", "mixed-follow-up", "inferred", "surrogate-source"
]


class Verdict(Record, frozen=True, kw_only=True):
    """What the primary model of a group says.

    Attributes
    ----------
    word : str
        By the rules of `trialpool.pooling.verdict`. Of levels of a marker, which are no
        treatments, "differs" and "leans-to-differ" whatever the side; of one trial the words
        that begin with "trial-", or those of margins.
    size : {"important", "smaller-than-important"} or None
        None in between, and where no size was declared important.
    p_benefit : float or None
        Posterior probability of benefit under the primary model, of one trial under the
        Bayesian model with tau integrated; of levels that the first does better.
    p_important : float or None
        Of an effect beyond the size that was declared important, on the likelier side.
    flags : tuple of str
        What the word hangs on: the "prior" of tau, "one-trial"; that comparisons share an arm
        ("shared-arm"); that interim analyses are mixed with later ones ("mixed-follow-up"), a
        direction was "inferred", a number was read in a secondary source ("surrogate-source").
    """

    word: Word
    size: Size | None
    p_benefit: float | None
    p_important: float | None
    flags: tuple[Flag, ...]
