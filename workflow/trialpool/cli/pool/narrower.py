"""Where a plain Hartung-Knapp interval is narrower than the common effect's, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from trialpool.cli.pool.results import EffectsResult
from trialpool.pooling.univariate.results import NARROWER
from trialpool.sensitivity import Refits, Subgroups


def narrower_notes(found: EffectsResult) -> Iterator[str]:
    """Give a sentence for every part of a result that has such an interval."""
    labels = found.effects.labels
    if NARROWER in found.pool.diagnostics.notes:
        yield f"{NARROWER}."
    if found.groups is not None:
        yield from of_groups(found.groups)
    if found.leave_one_out is not None:
        yield from of_refits("without", found.leave_one_out, labels)
    if found.cumulative is not None:
        yield from of_refits("up to", found.cumulative, [label for label, _ in found.entering])
    regression = None if found.moderated is None else found.moderated.regression
    if regression is not None:
        yield from (f"{note}." for note in regression.diagnostics.notes if NARROWER in note)


def of_groups(groups: Subgroups) -> Iterator[str]:
    """Name the groups."""
    pools = zip(groups.labels, groups.pools, strict=True)
    yield from _said(str(label) for label, pool in pools if NARROWER in pool.diagnostics.notes)


def of_refits(word: str, found: Refits, names: Sequence[str]) -> Iterator[str]:
    """Name the trials that are left out, or that entered last, by the name of each refit."""
    rows = zip(names, found.narrower.tolist(), strict=True)
    yield from _said(f"{word} {name}" for name, narrower in rows if narrower)


def _said(names: Iterable[str]) -> Iterator[str]:
    if found := ", ".join(names):
        yield f"{found}: {NARROWER}."
