"""The object that `trialpool pool --json` prints: the one place where fits become keys."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from trialpool.cli.pool.moderators import Moderated
from trialpool.cli.pool.results import CountsResult, EffectsResult
from trialpool.cli.pool.warned import narrower_notes, warned
from trialpool.effects.inputs import Table
from trialpool.effects.own_rows import plain_rows, rows_of_counts, rows_of_effects
from trialpool.effects.typed import Excluded
from trialpool.measures import get_measure
from trialpool.sensitivity import Influence, Refits

Json = dict[str, Any]


def as_text(found: EffectsResult | CountsResult) -> str:
    """Write the object."""
    plain = of_effects(found) if isinstance(found, EffectsResult) else of_counts(found)
    return json.dumps(plain, ensure_ascii=False, indent=2, allow_nan=False)


def of_effects(found: EffectsResult) -> Json:
    """Return the keys of `PooledEffect`, then those of what else was asked for."""
    effects, asked, labels = found.effects, found.request, found.effects.labels
    plain: Json = {
        **found.pool.to_dict(),
        "method": asked.method,
        "labels": list(labels),
        "excluded": [*_left_out(found.table), *_excluded(found.table, effects.excluded)],
        "warnings": [*warned(found), *narrower_notes(found)],
    }
    if found.independent is not None and found.moderated is not None:
        plain |= {
            "model": "multilevel",
            "cluster": found.moderated.cluster,
            "clusters": found.moderated.clusters,
            "independent": found.independent.to_dict(),
        }
    if get_measure(effects.measure).is_proportion:
        rows = rows_of_effects(effects, found.table.rows, found.pool.level)
        plain["trials"] = plain_rows(labels, rows, effects.measure)
    if found.groups is not None:
        groups = found.groups
        plain |= {
            "by": asked.by,
            "groups": [
                {"label": label, **pool.to_dict(), "labels": [labels[i] for i in members]}
                for label, members, pool in zip(
                    groups.labels, groups.members, groups.pools, strict=True
                )
            ],
            "subgroup_test": groups.difference.to_dict(),
        }
    if asked.leave_one_out:
        plain["leave_one_out"] = found.leave_one_out and _labelled(found.leave_one_out, labels)
    if found.cumulative is not None:
        steps = _labelled(found.cumulative, labels)
        plain["cumulative"] = [
            {**row, "label": label, "entered_with": cell, "labels": [labels[i] for i in together]}
            for row, (label, cell), together in zip(
                steps, found.entering, found.cumulative.entered, strict=True
            )
        ]
    if asked.influence:
        plain["influence"] = found.influence and _labelled(found.influence, labels)
    if found.small_study is not None:
        plain["small_study"] = found.small_study.to_dict()
    if found.gosh is not None:
        splits = found.gosh.splits
        plain["gosh"] = {
            **found.gosh.to_dict(),
            "splits": None if splits is None else labels[splits],
        }
    if found.bayes is not None:
        bayes = found.bayes.to_dict()
        shrunken = zip(labels, bayes["shrunken"], strict=True)
        bayes["shrunken"] = [{"label": label, **effect} for label, effect in shrunken]
        plain["bayes"] = {
            **bayes,
            "tau": found.bayes.tau.median,
            "tau_posterior": found.bayes.tau.to_dict(),
            "prior_family": found.bayes.prior_family,
            "prior_parameters": found.bayes.prior_parameters,
            "log_marginal_likelihood": found.bayes.log_marginal_likelihood,
            "p_benefit": asked.bayes.p_benefit(found.bayes),
        }
    if found.moderated is not None:
        plain |= _of_moderators(found.table, found.moderated)
    return plain


def of_counts(found: CountsResult) -> Json:
    """Return the keys of `PooledCounts`, then the counts and the groups."""
    plain: Json = {
        **found.pool.to_dict(),
        "labels": [trial.label for trial in found.trials],
        "counts": [
            {"label": trial.label, **dict(zip(found.columns, trial.counts, strict=True))}
            for trial in found.trials
        ],
        "trials": plain_rows(
            [trial.label for trial in found.trials],
            rows_of_counts(
                [trial.counts for trial in found.trials],
                found.pool.measure,
                found.pool.method,
                found.pool.level,
            ),
            found.pool.measure,
        ),
        "excluded": [*_left_out(found.table), *_excluded(found.table, found.excluded)],
        "warnings": warned(found),
    }
    if found.groups is not None:
        plain |= {
            "by": found.request.by,
            "groups": [
                {"label": group.label, **group.pool.to_dict(), "labels": list(group.trials)}
                for group in found.groups
            ],
            "subgroup_test": None,
        }
    return plain


def _of_moderators(table: Table, found: Moderated) -> Json:
    described: Json = {
        "moderators": [
            {
                "column": moderator.column,
                "kind": "numeric" if moderator.coding is None else "categorical",
                "levels": None if moderator.coding is None else list(moderator.coding.levels),
                "reference": moderator.reference,
            }
            for moderator in found.moderators
        ],
        "left_out": _excluded(table, found.left_out),
    }
    plain: Json = {}
    if found.regression is not None:
        predictions = [{"at": at, **fit.to_dict()} for at, fit in found.predictions]
        plain["regression"] = {
            **found.regression.to_dict(),
            **described,
            "predictions": predictions,
        }
    for name, fit in (("multilevel", found.multilevel), ("robust", found.robust)):
        if fit is not None:
            plain[name] = {**fit.to_dict(), "cluster": found.cluster, **described}
    return plain


def _labelled(found: Refits | Influence, labels: tuple[str, ...]) -> list[Json]:
    """Put the label of the trial in the place of its position."""
    return [{"label": labels[row.pop("trial")], **row} for row in found.to_rows()]


def _excluded(table: Table, rows: Iterable[Excluded]) -> list[Json]:
    return [{"line": table.lines[x.row], "label": x.label, "reason": x.reason} for x in rows]


def _left_out(table: Table) -> list[Json]:
    return [{"line": x.line, "label": x.label, "reason": x.reason} for x in table.left_out]
