"""Explanations as records: of a row, and of a trial. All effects on the analysis scale."""

from __future__ import annotations

from typing import Any, Final

from trialpool.evidence.citations import cite
from trialpool.provenance.material import Left, Material, Row, Use, cells, parsed

Json = dict[str, Any]
NEEDS_BUILD: Final = (
    "Which questions use it needs a build: run make report, or name one by --results."
)
STALE: Final = (
    "The build pooled {old:.6g} where the tables now give {new:.6g}: it is older than "
    "the tables. Run make report."
)
# Of a result's cells, those that say where it was found stand under "source".
_PLACE: Final = ("source_id", "locator", "evidence_url", "evidence_note", "extraction", "pmid")
_SAME: Final = 1e-8


def explain_row(material: Material, row_id: str) -> Json:
    """Explain a row: from the questions that pool it down to the page it was read on.

    Parameters
    ----------
    material : Material
    row_id : str
        A row that is there; see `Material.rows`.

    Returns
    -------
    dict
        ``kind`` ("row"), ``row_id, table, trial_id, trial, endpoint``; ``questions``
        (where it is pooled: group, pool, weights), ``left_out`` (where it could have
        been: stage and reason), both None without a build; ``effect``, ``rungs``,
        ``printed`` (cells), ``source``, ``findings``, ``others`` (what else the trial
        reported), ``notes``.
    """
    table, row = material.rows[row_id]
    trial = material.trial(str(row["trial_id"])) or {}
    built = material.results is not None
    uses = material.uses.get(row_id, [])
    return {
        "kind": "row",
        "row_id": row_id,
        "table": table,
        "trial_id": str(row["trial_id"]),
        "trial": str(trial.get("trial", row["trial_id"])),
        "endpoint": str(row["endpoint"]),
        "questions": [_use(use) for use in uses] if built else None,
        "left_out": [_left(left) for left in material.left.get(row_id, [])] if built else None,
        **_derivation(material, row_id),
        "printed": {k: v for k, v in cells(row).items() if k not in _PLACE},
        "source": _source(material, row),
        "findings": [_finding(finding) for finding in material.found.get(row_id, [])],
        "others": [
            _summary(material, other_table, other)
            for other_table, other in material.rows_of(str(row["trial_id"]))
            if other["row_id"] != row_id
        ],
        "notes": _notes(material, row_id, uses),
    }


def explain_trial(material: Material, trial_id: str) -> Json:
    """Explain a trial: every result it reported, what is pooled where, and why the rest is not.

    Returns
    -------
    dict
        ``kind`` ("trial"), ``trial_id, trial, described`` (cells of trials.csv),
        ``arms``, ``rows`` (as ``others`` of a row), ``pooled`` (the explanations of
        the rows in a pool, without ``others``), ``notes``.
    """
    trial = material.trial(trial_id) or {}
    rows = material.rows_of(trial_id)
    pooled = [explain_row(material, str(r["row_id"])) for _, r in rows if _is_used(material, r)]
    for record in pooled:
        del record["others"]
    return {
        "kind": "trial",
        "trial_id": trial_id,
        "trial": str(trial.get("trial", trial_id)),
        "described": cells(trial),
        "arms": [cells(a) for a in material.evidence.rows("arms") if a["trial_id"] == trial_id],
        "pooled": pooled,
        "rows": [_summary(material, table, row) for table, row in rows],
        "notes": [] if material.results is not None else [NEEDS_BUILD],
    }


def _is_used(material: Material, row: Row) -> bool:
    return bool(material.uses.get(str(row["row_id"])))


def _use(use: Use) -> Json:
    pool = ("k", "estimate", "ci_lower", "ci_upper", "primary_model")
    return {
        "question": str(use.question["id"]),
        "title": str(use.question["title"]),
        "measure": str(use.question["measure"]),
        "group": str(use.trial["group"]),
        "comparison": str(use.trial.get("comparison") or ""),
        "pool": {name: use.group.get(name) for name in pool},
        "models": {
            name: {key: model.get(key) for key in ("estimate", "ci_lower", "ci_upper")}
            for name, model in (use.group.get("models") or {}).items()
        },
        "weight": use.trial.get("weight"),
        "weight_common": use.trial.get("weight_common"),
        "estimate": use.trial.get("estimate"),
        "se": use.trial.get("se"),
        "ci_lower": use.trial.get("ci_lower"),
        "ci_upper": use.trial.get("ci_upper"),
        "row_ids": list(use.trial["row_ids"]),
        "derivation": dict(use.trial.get("derivation") or {}),
        "flags": list(use.trial.get("flags") or ()),
    }


def _left(left: Left) -> Json:
    return {
        "question": str(left.question["id"]),
        "title": str(left.question["title"]),
        "stage": left.stage,
        "reason": left.reason,
    }


def _derivation(material: Material, row_id: str) -> Json:
    derived = material.derived.get(row_id)
    if derived is None:
        return {"effect": None, "rungs": []}
    numbers = ("yi", "sei", "sei_lower", "sei_upper", "events", "n")
    effect: Json = {
        name: str(derived[name])
        for name in ("status", "reason", "measure", "scale", "rung", "formula", "reference")
    }
    effect |= {name: _number(derived[name]) for name in numbers}
    effect["inputs"] = parsed(derived["inputs"], {})
    effect["flags"] = [flag for flag in str(derived["flags"]).split("; ") if flag]
    return {"effect": effect, "rungs": parsed(derived.get("rungs"), [])}


def _number(cell: object) -> float | int | None:
    text = str("" if cell is None else cell)
    if not text:
        return None
    return int(text) if text.isdigit() else float(text)


def _source(material: Material, row: Row) -> Json:
    source = material.source(row)
    told = cite(source) if source is not None else {}
    derived = material.derived.get(str(row["row_id"]), {})
    return {
        "source_id": str(row.get("source_id", "") or (source or {}).get("source_id", "")),
        "citation": str(told.get("citation") or ""),
        "doi": told.get("doi"),
        "pmid": told.get("pmid") or (str(row.get("pmid", "")) or None),
        "url": told.get("url"),
        "place": str(derived.get("locator") or row.get("locator") or row.get("figure") or ""),
        "page_read": str(row.get("evidence_url", "")),
        "note": str(row.get("evidence_note", "")),
        "extraction": str(row.get("extraction", "")),
    }


def _finding(finding: Row) -> Json:
    names = ("level", "rule", "column", "value", "message", "remedy")
    return {name: str(finding[name]) for name in names}


def _summary(material: Material, table: str, row: Row) -> Json:
    """One line of what a trial reported: the number, where it is pooled, or why it is not."""
    row_id = str(row["row_id"])
    built = material.results is not None
    derived = material.derived.get(row_id, {})
    about = ("population", "definition", "biomarker", "biomarker_level", "assessor", "maturity")
    return {
        "row_id": row_id,
        "table": table,
        "endpoint": str(row["endpoint"]),
        "arms": _arms(row),
        "about": cells(row, about),
        "result": _result(table, row),
        "pooled_in": [str(use.question["id"]) for use in material.uses.get(row_id, [])]
        if built
        else None,
        "left_out": [_left(left) for left in material.left.get(row_id, [])] if built else None,
        "reason": str(derived.get("reason", "")),
    }


def _arms(row: Row) -> str:
    if "experimental_arm" in row:
        return f"{row['experimental_arm']} v {row['control_arm']}"
    return str(row.get("arm_id", ""))


def _result(table: str, row: Row) -> str:
    """Print what a row says, in its own digits."""
    if table == "reconstructed_survival":
        return f"RMST at {row['horizon_months']} months"
    if table == "responses":
        rate = str(row["percent"]).removesuffix("%")
        if row["events"] and row["n"]:
            return f"{row['events']}/{row['n']}" + (f", {rate}%" if rate else "")
        return f"{rate}%" + (f" of {row['n']}" if row["n"] else "") if rate else ""
    if row.get("value_a"):
        return f"{row['measure']} {row['value_a']} v {row['value_b']}"
    if not row["estimate"]:
        medians = cells(row, ("median_experimental", "median_control"))
        return "medians " + " v ".join(medians.values()) if medians else ""
    limits = f" ({row['ci_lower']} to {row['ci_upper']})" if row["ci_lower"] else ""
    p = str(row.get("p_value", ""))
    return f"{row['measure']} {row['estimate']}{limits}{f', p {p}' if p else ''}"


def _notes(material: Material, row_id: str, uses: list[Use]) -> list[str]:
    if material.results is None:
        return [NEEDS_BUILD]
    derived = material.derived.get(row_id)
    if derived is None:
        return ["The build does not know this row: it is newer. Run make report."]
    yi = _number(derived["yi"])
    for use in uses:
        pooled = use.trial.get("estimate")
        # A comparison whose arms are turned round is pooled with the other sign.
        if yi is None or pooled is None or len(use.trial["row_ids"]) > 1:
            continue
        if abs(abs(float(pooled)) - abs(yi)) > _SAME:
            return [STALE.format(old=float(pooled), new=yi)]
    return []
