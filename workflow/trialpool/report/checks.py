"""The audit's findings as the report shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from trialpool.findings import LEVELS
from trialpool.records.groups import UNPLACED
from trialpool.records.results import Result

Row = Mapping[str, str]
_SHOWN: Final = ("row_id", "column", "value", "printed", "rule", "message", "feasible", "accepted")


def summarise_audit(
    rows: Sequence[Row], rules: Sequence[Row] = (), results: Iterable[Result] = ()
) -> dict[str, Any]:
    """Group the findings for the report.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of results/audit.csv.
    rules : sequence of mapping
        Rows of the table of rules that the audit step writes.
    results : iterable of Result
        To say which questions a row could enter that only an unknown population keeps out.

    Returns
    -------
    dict
        ``counts`` (rule, level, n), ``unusable`` and ``accepted`` (findings), ``warnings``
        (rule, statement, n, findings), ``warnings_total``, ``rules`` (rule, statement, levels,
        reference, judged, found).
    """
    counts = Counter((row["level"], row["rule"]) for row in rows)
    ordered = sorted(counts.items(), key=lambda item: (LEVELS.index(item[0][0]), item[0][1]))
    statements = {rule["rule"]: rule["statement"] for rule in rules}
    waiting = _waiting(results)
    warnings: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        if row["level"] == "warning":
            shown = _shown(row)
            if row["rule"] == "population-known":
                asked = ", ".join(waiting.get(row["row_id"], ())) or "no question"
                shown["message"] += f"; once placed as the whole trial it could enter: {asked}"
            warnings.setdefault(row["rule"], []).append(shown)
    return {
        "counts": [{"rule": rule, "level": level, "n": n} for (level, rule), n in ordered],
        "unusable": [_shown(row) for row in rows if row["level"] == "unusable"],
        "warnings": [
            {
                "rule": rule,
                "statement": statements.get(rule, ""),
                "n": len(found),
                "findings": found,
            }
            for rule, found in sorted(warnings.items())
        ],
        "accepted": [_shown(row) for row in rows if row["level"] == "accepted"],
        "warnings_total": sum(row["level"] == "warning" for row in rows),
        "rules": [
            {
                **{key: rule[key] for key in ("rule", "statement", "levels", "reference")},
                "judged": int(rule["judged"]) if rule["judged"] else None,
                "found": sum(int(rule[level]) for level in LEVELS),
            }
            for rule in rules
        ],
    }


def _waiting(results: Iterable[Result]) -> dict[str, list[str]]:
    """Questions by the row that they would take if the taxonomy placed its population."""
    found: dict[str, list[str]] = {}
    for result in results:
        for row in result.excluded:
            if row.stage == UNPLACED:
                found.setdefault(row.row_id, []).append(result.id)
    return found


def _shown(row: Row) -> dict[str, str]:
    return {**{key: row[key] for key in _SHOWN}, "trial_id": row["row_id"].split(".")[0]}
