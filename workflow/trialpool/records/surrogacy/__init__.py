"""Questions on surrogacy: how effects on a final endpoint go with those on an early one."""

from trialpool.records.surrogacy.questions import ASKED, QUESTION, RESULT

__all__ = ["ASKED", "QUESTION", "RESULT"]
