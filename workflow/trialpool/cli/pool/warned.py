"""Every warning of a result, in words: of the rows, of the pool and of its other fits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from trialpool.cli.pool.results import CountsResult, EffectsResult
from trialpool.effects.doubts.repeats import alike
from trialpool.effects.inputs import Table
from trialpool.effects.typed import EffectSizes, parse_real
from trialpool.pooling.doubt import Doubt
from trialpool.pooling.plain_values import About, Doubted
from trialpool.pooling.univariate.results import NARROWER
from trialpool.sensitivity import Refits, Subgroups

# Parts of a result that pool effects one by one, whatever their clusters.
_ALONE = ("by", "leave_one_out", "cumulative", "influence", "small_study", "gosh")


def warned(found: EffectsResult | CountsResult, *, fits: bool = True) -> list[str]:
    """Give the warnings that text, JSON and figures show, with those of fits or without."""
    cluster = found.request.moderated.cluster
    doubts = [
        *_of_rows(found.table, found.effects, cluster),
        *_of_levels(found),
        *(_of_fits(found) if fits else ()),
    ]
    # The pool and a regression may say the same.
    told = (str(found.table.finding(doubt, "warning")) for doubt in doubts)
    return list(dict.fromkeys([*map(str, found.table.warnings), *told]))


def _of_rows(table: Table, effects: EffectSizes, cluster: str | None) -> Iterator[Doubt]:
    """Doubts about rows; an arm that rows share is what clusters are for."""
    for doubt in effects.warnings:
        shared = cluster is not None and doubt.rule == "shared-arm"
        if not shared or len({table.rows[row][cluster or ""] for row in doubt.rows}) > 1:
            yield doubt


def _of_levels(found: EffectsResult | CountsResult) -> Iterator[Doubt]:
    """Levels of groups, clusters and moderators that differ by how they are typed alone."""
    request = found.request
    columns = (request.by, request.moderated.cluster, *request.moderated.moderators)
    for column in dict.fromkeys(name for name in columns if name is not None):
        cells = [found.table.rows[row][column] for row in found.effects.rows]
        if any(parse_real(cell) is None for cell in cells):
            yield from (_placed(doubt, f"{column}: ") for doubt in alike(cells, "levels"))


def _of_fits(found: EffectsResult | CountsResult) -> Iterator[Doubt]:
    if isinstance(found, CountsResult):
        yield from found.pool.warnings
        for group in found.groups or ():
            where = f"{found.request.by} {group.label}: "
            yield from (_placed(doubt, where) for doubt in group.pool.warnings)
        return
    labels = found.effects.labels
    yield from _named(found.pool, labels)
    if found.groups is not None:
        groups = found.groups
        for name, pool, members in zip(groups.labels, groups.pools, groups.members, strict=True):
            own = tuple(labels[i] for i in members)
            yield from _named(pool, own, f"{found.request.by} {name}: ")
    if found.small_study is not None:
        yield from _named(found.small_study.selection_model, labels)
    if found.moderated is None:
        return
    for fit in (found.moderated.regression, found.moderated.multilevel, found.moderated.robust):
        if fit is not None:
            yield from _named(fit, ())
    if found.independent is not None and any(getattr(found.request, name) for name in _ALONE):
        yield Doubt(
            "clusters-ignored",
            "groups, refits and tests of small-study effects take every effect as a trial of "
            "its own; the clusters are in the pool and in the regression alone",
            "For these, enter one row per trial.",
        )


def _named(fit: Doubted, labels: tuple[str, ...], where: str = "") -> Iterator[Doubt]:
    about = About(labels=labels)
    yield from (_placed(doubt.named(about.label), where) for doubt in fit.doubts())


def _placed(doubt: Doubt, where: str) -> Doubt:
    return replace(doubt, message=where + doubt.message)


# ---- plain Hartung-Knapp intervals narrower than the common effect's ------------------------


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
