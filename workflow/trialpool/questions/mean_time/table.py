"""The result as a table: its groups with their models."""

from __future__ import annotations

from trialpool.questions.shared.group_table import tables

__all__ = ["tables"]
