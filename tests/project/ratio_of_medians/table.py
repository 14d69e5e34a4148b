"""The usual table."""

from trialpool.questions.shared.group_table import table_lines

__all__ = ["table_lines"]
