"""From the selection of a prognostic question to its result."""

from __future__ import annotations

from collections.abc import Sequence

from trialpool.questions.prognosis.words import VOICE
from trialpool.questions.shared.synthesis.comparative import (
    comparative_result,
    comparative_settings,
    favoured,
    pool_groups,
)
from trialpool.questions.shared.synthesis.robustness import with_robustness
from trialpool.records.base import record_from
from trialpool.records.prognosis import PrognosisQuestion, PrognosisResult, PrognosisSettings
from trialpool.records.trials import SelectedTrial


def pool(
    question: PrognosisQuestion, trials: Sequence[SelectedTrial]
) -> tuple[PrognosisResult, list[dict[str, object]]]:
    """Pool a question's trials; beside the result the rows of multiverse.csv."""
    return with_robustness(build_result(question, trials), question.variants)


def build_result(question: PrognosisQuestion, trials: Sequence[SelectedTrial]) -> PrognosisResult:
    """Make the result without what refits say of its robustness."""
    first, second = question.prognostic.levels
    return comparative_result(
        question,
        pool_groups(question, trials, VOICE),
        PrognosisResult,
        favours=favoured(question, f"Better outcome: {first}", f"Better outcome: {second}"),
        # A difference between two levels has no counts of its own, nor arms.
        sensitivity=(),
        settings=record_from(
            comparative_settings(question), PrognosisSettings, prognostic=question.prognostic
        ),
    )
