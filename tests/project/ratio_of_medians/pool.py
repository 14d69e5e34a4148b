"""Every trial stands alone."""

from ratio_of_medians.records import RatioResult
from ratio_of_medians.words import VOICE
from trialpool.questions.shared.synthesis.comparative import (
    comparative_result,
    favoured_arms,
    pool_groups,
)


def pool(question, trials):
    result = comparative_result(
        question,
        pool_groups(question, trials, VOICE),
        RatioResult,
        favours=favoured_arms(question),
        sensitivity=(),
    )
    return result, []
