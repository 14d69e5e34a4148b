"""Findings that a person has reviewed and accepted, with the reason.

An entry names the finding by rule and row and repeats what was printed, so that it lapses
when a number changes. It can take a warning off the list. It keeps an unusable row out unless
it says ``use: true``. It can never accept a fatal finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from trialpool.audit.registry import ACCEPTED_APPLIES
from trialpool.findings import Finding, fatal
from trialpool.settings import Settings, load_yaml

Entry = Mapping[str, Any]


def load_accepted(settings: Settings) -> tuple[list[Entry], list[Finding]]:
    """Read the file of accepted findings, if the configuration names one.

    Returns
    -------
    list of mapping, list of Finding
        Its entries, and the faults of its form; no entries where there are faults.
    """
    name = settings.config.get("paths", {}).get("accepted_findings")
    if not name:
        return [], []
    content, faults = load_yaml(settings.root / str(name), "accepted_findings")
    return ([], faults) if fatal(faults) else (list(content.get("accepted") or []), [])


def accept(
    findings: Sequence[Finding], entries: Sequence[Entry], file: str = "accepted_findings.yaml"
) -> list[Finding]:
    """Mark the findings that entries accept; an entry that accepts nothing is a warning.

    Parameters
    ----------
    findings : sequence of Finding
        What the audit found.
    entries : sequence of mapping
        ``rule, row_id, printed, reason`` and perhaps ``use, by, when``.
    file : str
        Name of the file that the entries stand in.

    Returns
    -------
    list of Finding
        The findings, accepted ones with their reason and, unless an unusable row stays out,
        at level ``"accepted"``; then a warning for each entry that does not apply.
    """
    marked = list(findings)
    warnings = []
    for number, entry in enumerate(entries, 1):
        same = [
            index
            for index, finding in enumerate(marked)
            if (finding.rule, finding.row_id) == (entry["rule"], entry["row_id"])
        ]
        hits = [index for index in same if _same(entry["printed"], marked[index].printed)]
        usable = [index for index in hits if marked[index].level != "fatal"]
        for index in usable:
            marked[index] = _accepted(marked[index], entry)
        if not usable:
            others = [marked[index] for index in (hits or same)]
            warnings.append(_idle(number, entry, others, file, is_fatal=bool(hits)))
    return [*marked, *warnings]


def _same(printed: Mapping[str, Any], found: Mapping[str, str]) -> bool:
    """Whether an entry repeats exactly what the finding rests on; empty cells may be left out."""
    said = {str(k): str(v) for k, v in printed.items() if str(v)}
    return said == {k: v for k, v in found.items() if v}


def _accepted(finding: Finding, entry: Entry) -> Finding:
    reason = str(entry["reason"]).strip()
    review = [str(entry[key]) for key in ("by", "when") if entry.get(key)]
    if review:
        reason += f" ({', '.join(review)})"
    stays_out = finding.level == "unusable" and entry.get("use") is not True
    return replace(finding, level="unusable" if stays_out else "accepted", accepted=reason)


def _idle(
    number: int, entry: Entry, others: Sequence[Finding], file: str, *, is_fatal: bool
) -> Finding:
    if is_fatal:
        message = "a fatal finding cannot be accepted"
    elif others:
        now = "; ".join(f"{k} {v}" for k, v in others[0].printed.items() if v)
        message = f"the finding has changed since it was accepted; printed now: {now}"
    else:
        message = "the audit does not make this finding (any more)"
    return Finding(
        "warning",
        ACCEPTED_APPLIES.id,
        file,
        row_id=str(entry["row_id"]),
        column=f"accepted.{number}",
        value=str(entry["rule"]),
        message=message,
        remedy=ACCEPTED_APPLIES.remedy,
        reference=ACCEPTED_APPLIES.reference,
    )
