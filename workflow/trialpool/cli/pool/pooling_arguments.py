"""Options of pools as the functions of `trialpool.pooling` take them."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class RefitOptions(TypedDict):
    """Options of every pool of a request, of subsets of the trials too."""

    tau2: str
    ci: str
    level: float


class PoolOptions(RefitOptions):
    """Options of `random_effects`; without `seed` its own."""

    pi: str
    seed: NotRequired[int]
