"""The usual table."""

from trialpool.questions.shared.group_table import tables

__all__ = ["tables"]
