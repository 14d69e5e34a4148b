"""The rows that report a marker of a mechanism: effects, responses and outcome by its levels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from scipy.special import ndtri

from trialpool.chapters.material import Json, Material, Row

# Name of each list in chapters.json -> the table its rows come from.
KINDS: Final = {
    "effects": "time_to_event",
    "responses": "responses",
    "outcomes": "biomarker_contrasts",
}


def markers_of(material: Material, resistance: Mapping[str, Any]) -> list[str]:
    """Canonical names of the markers of a mechanism, each once."""
    aliases = material.taxonomy.get("biomarker_aliases", {})
    return list(dict.fromkeys(str(aliases.get(b, b)) for b in resistance["biomarkers"]))


def sets_of(material: Material, markers: Sequence[str], kind: str) -> list[Json]:
    """Collect the rows of some markers into sets that belong together.

    Parameters
    ----------
    material : Material
    markers : sequence of str
        Canonical names; their order is that of the result.
    kind : {"effects", "responses", "outcomes"}
        ``"effects"``: comparisons of two arms among patients of one level;
        ``"responses"``: response rates in one arm at one level;
        ``"outcomes"``: one level against another under one treatment.

    Returns
    -------
    list of dict
        ``marker, trial_id, trial, endpoint, comparison, arms, group, levels, rows``:
        one per marker, trial and endpoint, and for effects one per comparison.
        Every row of the table with one of the markers is in exactly one set.
    """
    read = _READERS[kind]
    table = KINDS[kind]
    sets: dict[tuple[str, ...], Json] = {}
    for row in material.rows[table]:
        marker = material.library.level({**row, "biomarker_level": ""})[0]
        if marker not in markers:
            continue
        arms = (row["experimental_arm"], row["control_arm"]) if kind == "effects" else ()
        key = (marker, row["trial_id"], *arms, row["endpoint"])
        if key not in sets:
            sets[key] = _new_set(material, marker, row, arms)
        sets[key]["rows"].append(
            {
                "row_id": str(row["row_id"]),
                **read(material, row),
                "source_id": str(row["source_id"]),
                "locator": str(row["locator"]),
                "note": str(row["evidence_note"]),
                "questions": list(material.rows_in.get(str(row["row_id"]), ())),
            }
        )
    _tell_apart(sets.values())
    for found in sets.values():
        found["levels"] = list(dict.fromkeys(lv for row in found["rows"] for lv in _levels(row)))
        found["rows"].sort(key=lambda row: _row_order(row, found["levels"]))
    return sorted(
        sets.values(),
        key=lambda s: (
            markers.index(s["marker"]),
            s["trial"].casefold(),
            s["trial_id"],
            s["comparison"],
            s["endpoint"],
        ),
    )


def _new_set(material: Material, marker: str, row: Row, arms: Sequence[str]) -> Json:
    trial_id = str(row["trial_id"])
    contrast = material.library.contrast(trial_id, *arms) if arms else None
    return {
        "marker": marker,
        "trial_id": trial_id,
        "trial": material.trial_name(trial_id),
        "endpoint": str(row["endpoint"]),
        "comparison": contrast.text if contrast else "",
        "arms": [str(material.library.arms[trial_id, arm]["label"]) for arm in arms],
        "group": contrast.group if contrast else "",
        "levels": [],
        "rows": [],
    }


def _tell_apart(sets: Iterable[Json]) -> None:
    """Name the arms of comparisons of the same agents, which differ in their schedule only."""
    same: dict[tuple[str, ...], list[Json]] = defaultdict(list)
    for one in sets:
        same[one["marker"], one["trial_id"], one["endpoint"], one["comparison"]].append(one)
    for several in same.values():
        for one in several if len(several) > 1 else ():
            one["comparison"] += f" ({one['arms'][0]} v {one['arms'][1]})"


def _levels(row: Row) -> tuple[str, ...]:
    names = (row["level"],) if "level" in row else (row["level_a"], row["level_b"])
    return tuple(name for name in names if name)


def _row_order(row: Row, levels: Sequence[str]) -> tuple[Any, ...]:
    shown = _levels(row)
    place = levels.index(shown[0]) if shown else -1
    return str(row.get("definition", "")), str(row.get("arm_id", "")), place


def _canonical_level(material: Material, row: Row, column: str) -> str:
    return material.library.level({**row, "biomarker_level": row[column]})[1]


def _estimate(material: Material, row: Row, table: str) -> Json:
    """Return what was derived from a row, on the analysis scale, or why nothing could be."""
    derived = material.library.derived[table, str(row["row_id"])]
    found: Json = {
        "status": str(derived["status"]),
        "reason": str(derived["reason"]),
        "measure": str(derived["measure"]),
        "estimate": None,
        "se": None,
        "ci_lower": None,
        "ci_upper": None,
    }
    if derived["status"] in ("effect", "estimate-only") and derived["yi"] != "":
        found["estimate"] = float(derived["yi"])
    if derived["status"] == "effect":
        z = float(ndtri(0.5 + material.level / 2))
        found["se"] = se = float(derived["sei"])
        found["ci_lower"] = found["estimate"] - z * se
        found["ci_upper"] = found["estimate"] + z * se
    return found


def _effect(material: Material, row: Row) -> Json:
    return {
        "level": _canonical_level(material, row, "biomarker_level"),
        **_estimate(material, row, "time_to_event"),
        "population": str(row["population"]),
        "assessor": str(row["assessor"]),
        "maturity": str(row["maturity"]),
        "n_experimental": _whole(row["n_experimental"]),
        "n_control": _whole(row["n_control"]),
        "p_value": str(row["p_value"]),
    }


def _response(material: Material, row: Row) -> Json:
    derived = material.library.derived["responses", str(row["row_id"])]
    arm = material.library.arms[row["trial_id"], row["arm_id"]]
    counted = derived["status"] == "count"
    return {
        "arm_id": str(row["arm_id"]),
        "arm": str(arm["label"]),
        "role": str(arm["role"]),
        "level": _canonical_level(material, row, "biomarker_level"),
        "definition": str(row["definition"]),
        "status": str(derived["status"]),
        "reason": str(derived["reason"]),
        "events": int(derived["events"]) if counted else None,
        "n": int(derived["n"]) if counted else _whole(row["n"]),
        "percent": str(row["percent"]).removesuffix("%"),
    }


def _outcome(material: Material, row: Row) -> Json:
    arm = material.library.arms.get((row["trial_id"], row["arm_id"]))
    return {
        "arm_id": str(row["arm_id"]),
        "arm": str(arm["label"]) if arm else "",
        "level_a": _canonical_level(material, row, "level_a"),
        "level_b": _canonical_level(material, row, "level_b"),
        **_estimate(material, row, "biomarker_contrasts"),
        "measure": str(row["measure"]),
        "value_a": str(row["value_a"]),
        "value_b": str(row["value_b"]),
        "n_a": _whole(row["n_a"]),
        "n_b": _whole(row["n_b"]),
        "p_value": str(row["p_value"]),
    }


def _whole(text: object) -> int | None:
    shown = str(text)
    return int(shown) if shown.isascii() and shown.isdigit() else None


_READERS: Final[dict[str, Callable[[Material, Row], Json]]] = {
    "effects": _effect,
    "responses": _response,
    "outcomes": _outcome,
}
