"""The result as a Markdown table: its groups with their models."""

from __future__ import annotations

from trialpool.questions.shared.group_table import table_lines

__all__ = ["table_lines"]
