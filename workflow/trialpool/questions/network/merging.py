"""Nodes that are taken as one."""

from __future__ import annotations

from collections.abc import Iterable

from trialpool.records.network import NodeMerge

Pair = tuple[str, str]


def merged(node: str, merges: Iterable[NodeMerge]) -> str:
    """Return the node that stands for one, itself where none does."""
    return next((merge.name for merge in merges if node in merge.nodes), node)
