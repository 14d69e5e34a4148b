"""The rows that report a marker of a chapter: effects, responses and outcome by its levels."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from msgspec.structs import replace
from scipy.special import ndtri

from trialpool.chapters.material import Material, Row
from trialpool.records.chapters import (
    EffectRow,
    EffectSet,
    MarkerRow,
    MarkerSet,
    OutcomeRow,
    OutcomeSet,
    ResponseRow,
    ResponseSet,
)

_Set = TypeVar("_Set", bound=MarkerSet)
_Row = TypeVar("_Row", bound=MarkerRow)


def markers_of(material: Material, chapter: Mapping[str, Any]) -> list[str]:
    """Canonical names of the markers of a chapter, each once."""
    aliases = material.taxonomy.get("biomarker_aliases", {})
    return list(dict.fromkeys(str(aliases.get(b, b)) for b in chapter.get("biomarkers", ())))


def effect_sets(material: Material, markers: Sequence[str]) -> list[EffectSet]:
    """Collect comparisons of two arms among patients of one level.

    Parameters
    ----------
    material : Material
    markers : sequence of str
        Canonical names; their order is that of the result.

    Returns
    -------
    list of EffectSet
        One per marker, trial, comparison and endpoint. Every row of the table with one of
        the markers is in exactly one set.
    """
    return _sets(material, markers, "time_to_event", EffectSet, _effect)


def response_sets(material: Material, markers: Sequence[str]) -> list[ResponseSet]:
    """Collect response rates in one arm at one level, per marker, trial and endpoint."""
    return _sets(material, markers, "responses", ResponseSet, _response)


def outcome_sets(material: Material, markers: Sequence[str]) -> list[OutcomeSet]:
    """Collect contrasts of levels under one treatment, per marker, trial and endpoint."""
    return _sets(material, markers, "biomarker_contrasts", OutcomeSet, _outcome)


def _sets(
    material: Material,
    markers: Sequence[str],
    table: str,
    kind: type[_Set],
    read: Callable[[Material, Row], _Row],
) -> list[_Set]:
    rows: dict[tuple[str, ...], list[_Row]] = defaultdict(list)
    first: dict[tuple[str, ...], Row] = {}
    for row in material.rows[table]:
        marker = material.library.level({**row, "biomarker_level": ""})[0]
        if marker not in markers:
            continue
        arms = (row["experimental_arm"], row["control_arm"]) if kind is EffectSet else ()
        key = (marker, row["trial_id"], *arms, row["endpoint"])
        first.setdefault(key, row)
        rows[key].append(read(material, row))
    sets = [_set(material, key, first[key], rows[key], kind) for key in rows]
    return sorted(
        _told_apart(sets),
        key=lambda one: (
            markers.index(one.marker),
            one.trial.casefold(),
            one.trial_id,
            one.comparison,
            one.endpoint,
        ),
    )


def _set(
    material: Material, key: tuple[str, ...], row: Row, rows: Sequence[MarkerRow], kind: type[_Set]
) -> _Set:
    marker, trial_id, *arms, _ = key
    compared = material.library.compared(trial_id, *arms) if arms else None
    levels = tuple(dict.fromkeys(level for one in rows for level in one.levels))
    return kind(
        marker=marker,
        trial_id=trial_id,
        trial=material.trial_name(trial_id),
        endpoint=str(row["endpoint"]),
        comparison=compared.contrast.text if compared else "",
        arms=tuple(str(material.library.arms[trial_id, arm]["label"]) for arm in arms),
        group=compared.strategy.label if compared else "",
        levels=levels,
        rows=tuple(sorted(rows, key=lambda one: _row_order(one, levels))),
    )


def _told_apart(sets: Sequence[_Set]) -> list[_Set]:
    """Name the arms of comparisons of the same agents, which differ in their schedule only."""
    several = Counter(map(_named, sets))
    return [
        replace(one, comparison=f"{one.comparison} ({one.arms[0]} v {one.arms[1]})")
        if several[_named(one)] > 1
        else one
        for one in sets
    ]


def _named(one: MarkerSet) -> tuple[str, ...]:
    return one.marker, one.trial_id, one.endpoint, one.comparison


def _row_order(row: MarkerRow, levels: Sequence[str]) -> tuple[str, str, int]:
    place = levels.index(row.levels[0]) if row.levels else -1
    definition = row.definition if isinstance(row, ResponseRow) else ""
    arm = row.arm_id if isinstance(row, ResponseRow | OutcomeRow) else ""
    return definition, arm, place


def _place(material: Material, row: Row) -> dict[str, Any]:
    """Say where a row stands, and which questions pool it."""
    row_id = str(row["row_id"])
    return {
        "row_id": row_id,
        "source_id": str(row["source_id"]),
        "locator": str(row["locator"]),
        "note": str(row["evidence_note"]),
        "questions": tuple(material.rows_in.get(row_id, ())),
    }


def _canonical_level(material: Material, row: Row, column: str) -> str:
    return material.library.level({**row, "biomarker_level": row[column]})[1]


def _estimate(material: Material, row: Row, table: str) -> dict[str, Any]:
    """Return what was derived from a row, on the analysis scale, or why nothing could be."""
    derived = material.library.derived[table, str(row["row_id"])]
    status = str(derived["status"])
    estimate = se = lower = upper = None
    if status in ("effect", "estimate-only") and derived["yi"] != "":
        estimate = float(derived["yi"])
    if status == "effect" and estimate is not None:
        se = float(derived["sei"])
        half = float(ndtri(0.5 + material.level / 2)) * se
        lower, upper = estimate - half, estimate + half
    return {
        "status": status,
        "reason": str(derived["reason"]),
        "estimate": estimate,
        "se": se,
        "ci_lower": lower,
        "ci_upper": upper,
    }


def _effect(material: Material, row: Row) -> EffectRow:
    derived = material.library.derived["time_to_event", str(row["row_id"])]
    return EffectRow(
        **_place(material, row),
        **_estimate(material, row, "time_to_event"),
        level=_canonical_level(material, row, "biomarker_level"),
        measure=str(derived["measure"]),
        population=str(row["population"]),
        assessor=str(row["assessor"]),
        maturity=str(row["maturity"]),
        n_experimental=_whole(row["n_experimental"]),
        n_control=_whole(row["n_control"]),
        p_value=str(row["p_value"]),
    )


def _response(material: Material, row: Row) -> ResponseRow:
    derived = material.library.derived["responses", str(row["row_id"])]
    arm = material.library.arms[row["trial_id"], row["arm_id"]]
    counted = derived["status"] == "count"
    return ResponseRow(
        **_place(material, row),
        arm_id=str(row["arm_id"]),
        arm=str(arm["label"]),
        role=str(arm["role"]),
        level=_canonical_level(material, row, "biomarker_level"),
        definition=str(row["definition"]),
        status=str(derived["status"]),
        reason=str(derived["reason"]),
        events=int(derived["events"]) if counted else None,
        n=int(derived["n"]) if counted else _whole(row["n"]),
        percent=str(row["percent"]).removesuffix("%"),
    )


def _outcome(material: Material, row: Row) -> OutcomeRow:
    arm = material.library.arms.get((row["trial_id"], row["arm_id"]))
    return OutcomeRow(
        **_place(material, row),
        **_estimate(material, row, "biomarker_contrasts"),
        arm_id=str(row["arm_id"]),
        arm=str(arm["label"]) if arm else "",
        level_a=_canonical_level(material, row, "level_a"),
        level_b=_canonical_level(material, row, "level_b"),
        measure=str(row["measure"]),
        value_a=str(row["value_a"]),
        value_b=str(row["value_b"]),
        n_a=_whole(row["n_a"]),
        n_b=_whole(row["n_b"]),
        p_value=str(row["p_value"]),
    )


def _whole(text: object) -> int | None:
    shown = str(text)
    return int(shown) if shown.isascii() and shown.isdigit() else None
