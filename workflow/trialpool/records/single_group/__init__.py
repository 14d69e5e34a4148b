"""Questions on one estimate per study: means, rates or correlations, which compare nothing."""

from trialpool.records.single_group.questions import ASKED, QUESTION, RESULT

__all__ = ["ASKED", "QUESTION", "RESULT"]
