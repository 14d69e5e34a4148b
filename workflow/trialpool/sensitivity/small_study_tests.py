"""Everything on small-study effects of one set of trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trialpool.sensitivity import (
    MIN_TRIALS_FOR_TESTS,
    PetPeese,
    RankTest,
    RegressionTest,
    SelectionModel,
    TrimAndFill,
    egger,
    harbord,
    pet_peese,
    peters,
    rank_test,
    regression_test,
    selection_model,
    trim_and_fill,
)
from trialpool.sensitivity.lines import TAU2_OF_LINES
from trialpool.sensitivity.selection_model import DEFAULT_STEPS

_OF_A_POOL = ("k", "estimate", "se", "ci_lower", "ci_upper", "tau2")


@dataclass(frozen=True)
class Counts:
    """Events and patients of two arms, one entry per trial."""

    events_experimental: Sequence[int]
    n_experimental: Sequence[int]
    events_control: Sequence[int]
    n_control: Sequence[int]

    @property
    def arguments(self) -> tuple[Sequence[int], ...]:
        """In the order of `harbord` and `peters`."""
        return (
            self.events_experimental,
            self.n_experimental,
            self.events_control,
            self.n_control,
        )

    @property
    def patients(self) -> list[int]:
        """Patients of each trial."""
        return [a + b for a, b in zip(self.n_experimental, self.n_control, strict=True)]


def too_few(k: int) -> str:
    """Return what is to be said of so many trials; empty for ten or more."""
    if k >= MIN_TRIALS_FOR_TESTS:
        return ""
    trials = "1 trial" if k == 1 else f"{k} trials"
    least = MIN_TRIALS_FOR_TESTS
    return f"{trials}: fewer than {least}, too few to tell small-study effects from chance"


@dataclass(frozen=True)
class SmallStudyTests:
    """Every test and every adjusted estimate of one set of trials.

    Attributes
    ----------
    k : int
    regression_tests : dict of str to RegressionTest
        Under the names that a reader knows.
    rank_test : RankTest
    trim_and_fill : tuple of TrimAndFill
        By each estimator.
    selection_model : SelectionModel
    pet_peese : PetPeese
    """

    k: int
    regression_tests: dict[str, RegressionTest]
    rank_test: RankTest
    trim_and_fill: tuple[TrimAndFill, ...]
    selection_model: SelectionModel
    pet_peese: PetPeese

    @property
    def enough(self) -> bool:
        """Whether there are trials enough to tell small-study effects from chance."""
        return self.k >= MIN_TRIALS_FOR_TESTS

    @property
    def note(self) -> str:
        """Why not, else empty."""
        return too_few(self.k)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON, of pools the few numbers that are shown."""
        return {
            "k": self.k,
            "enough": self.enough,
            "note": self.note,
            "regression_tests": [
                {"name": name, **test.to_dict()} for name, test in self.regression_tests.items()
            ],
            "rank_test": self.rank_test.to_dict(),
            "trim_and_fill": [_filled(found) for found in self.trim_and_fill],
            "selection_model": self.selection_model.to_dict(),
            "pet_peese": self.pet_peese.to_dict(),
        }


def small_study_tests(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    tau2: str = "REML",
    ci: str = "hk-adhoc",
    level: float = 0.95,
    measure: str = "generic",
    counts: Counts | None = None,
    ni: Sequence[int] | None = None,
    alternative: str = "auto",
    steps: Sequence[float] = DEFAULT_STEPS,
) -> SmallStudyTests:
    """Compute every test and every adjusted estimate, whatever the number of trials.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances on the analysis scale.
    tau2, ci, level, measure
        Of the pools of trim and fill, as in `random_effects`.
    counts : Counts, optional
        With measure OR: adds the tests of Harbord and of Peters.
    ni : sequence of int, optional
        Patients of each trial: adds the regression on 1/n.
    alternative, steps
        Of the selection model.
    """
    of_lines = tau2 if tau2 in TAU2_OF_LINES else "REML"
    tests = {
        "Egger": egger(yi, vi, level=level),
        "random effects, standard error": regression_test(yi, vi, tau2=of_lines, level=level),
    }
    if counts is not None:
        ni = counts.patients
    if ni is not None:
        tests["random effects, 1/n"] = regression_test(
            yi, vi, predictor="ninv", ni=ni, tau2=of_lines, level=level
        )
    if counts is not None and measure == "OR":
        tests |= {"Harbord": harbord(*counts.arguments), "Peters": peters(*counts.arguments)}
    return SmallStudyTests(
        k=np.size(yi),
        regression_tests=tests,
        rank_test=rank_test(yi, vi),
        trim_and_fill=tuple(
            trim_and_fill(
                yi, vi, estimator=estimator, tau2=tau2, ci=ci, level=level, measure=measure
            )
            for estimator in ("L0", "R0")
        ),
        selection_model=selection_model(yi, vi, steps=steps, alternative=alternative, level=level),
        pet_peese=pet_peese(yi, vi, level=level),
    )


def _filled(found: TrimAndFill) -> dict[str, Any]:
    record = found.to_dict()
    if found.pooled is not None:
        record["pooled"] = {name: getattr(found.pooled, name) for name in _OF_A_POOL}
    return record
