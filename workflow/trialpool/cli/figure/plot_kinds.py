"""The kinds of `trialpool plot`: what each shows, and the options that it knows."""

from __future__ import annotations

from typing import Final

KINDS: Final = {
    "funnel": "Effects against standard errors, contours of significance.",
    "radial": "z-values against precision (Galbraith).",
    "labbe": "Risks of two arms (L'Abbé); needs counts and --measure.",
    "baujat": "Contribution to heterogeneity against influence.",
    "influence": "Case diagnostics, one row per trial.",
    "leave-one-out": "The pool without each trial.",
    "cumulative": "The pool as trials enter; needs --order.",
    "gosh": "The pool of every subset.",
    "bubble": "Meta-regression; needs --moderator.",
    "orchard": "Many trials around their pools; --by for groups.",
    "posterior": "Bayesian effects and their shrinkage.",
    "specification": "Specification curve of a multiverse.csv; needs --measure.",
    "network": "Treatments and the trials that compare them; a table as for `network`.",
    "net-heat": "Which designs of a network disagree; the same table.",
    "network-funnel": "Effects less their comparison's, for small-study effects; the same table.",
    "league": "Every treatment against every other, as a heat map; the same table.",
    "rank": "P-scores, rank probabilities, effects against the reference; the same table.",
    "risk-of-bias": "Judgements by domain; a table of judgements, RevMan 5, or a results folder.",
    "overview": "All questions of a results folder.",
}
# Options that a kind knows beside the title and the width.
OPTIONS: Final[dict[str, tuple[str, ...]]] = {
    "funnel": ("measure", "label", "tau2", "digits", "limits"),
    "radial": ("measure", "label", "tau2"),
    "labbe": ("measure", "label"),
    "baujat": ("measure", "label", "tau2"),
    "influence": ("measure", "label", "tau2"),
    "leave-one-out": ("measure", "label", "tau2", "ci", "level", "digits", "limits"),
    "cumulative": ("measure", "label", "tau2", "ci", "level", "order", "digits", "limits"),
    "gosh": ("measure", "label", "tau2"),
    "bubble": ("measure", "label", "tau2", "ci", "level", "moderator"),
    "orchard": ("measure", "label", "tau2", "ci", "level", "by"),
    "posterior": ("measure", "label", "level", "digits", "limits"),
    "specification": ("measure", "by"),
    "network": ("measure", "tau2", "reference"),
    "net-heat": ("measure", "tau2", "reference"),
    "network-funnel": ("measure", "tau2", "reference", "order"),
    "league": ("measure", "tau2", "level", "reference", "small_values"),
    "rank": ("measure", "tau2", "level", "reference", "small_values"),
    "risk-of-bias": ("tool", "weighted"),
    "overview": (),
}
NEEDED: Final = {
    "labbe": "measure",
    "cumulative": "order",
    "bubble": "moderator",
    "specification": "measure",
}
