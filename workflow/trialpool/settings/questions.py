"""Reading questions.yaml: what is taken over and left unsaid is filled in, then checked by kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from trialpool.findings import Finding
from trialpool.settings import kinds
from trialpool.settings.documents import Document, read_document
from trialpool.settings.inheritance import TEMPLATE, Origins, resolve
from trialpool.settings.schemas import remedy, schema_findings, violations


def load_questions(
    path: Path, *, checked: bool = True
) -> tuple[dict[str, Any], Origins, list[Finding]]:
    """Read the questions of a review; those that were checked before need no schema.

    Returns
    -------
    dict
        Question -> its settings, with what it takes over and the defaults of its kind.
    Origins
        Where each was written.
    list of Finding
        Every fault of form; one that several questions take over is told once.
    """
    document, findings = read_document(path)
    if findings:
        return {}, Origins(document), findings
    findings = schema_findings(document, "questions") if checked else []
    questions, owners, faults = resolve(
        document, kinds.merged_settings(), kinds.nullable_settings()
    )
    findings += faults
    if document.content and not questions:
        findings.append(_nothing_asked(document))
    for question_id, places in owners.items():
        settings = questions[question_id]
        filled = {**_defaults(settings), **settings}
        questions[question_id] = filled
        owners[question_id] = {**dict.fromkeys(filled, ""), **places}
    origins = Origins(document, owners)
    told: dict[tuple[Any, ...], list[Finding]] = {}
    for question_id in owners if checked else ():
        for fault in _faults(question_id, questions[question_id], document.file):
            found = origins.located(fault)
            told.setdefault((found.line, found.column, found.message), []).append(found)
    findings += [_told_once(same) for same in told.values()]
    return questions, origins, findings


def _nothing_asked(document: Document) -> Finding:
    return Finding(
        "fatal",
        "config-minProperties",
        document.file,
        message=f"every id begins with {TEMPLATE!r}: these are templates, and nothing is asked",
        remedy="Add a question that is like one of them.",
    )


def _defaults(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the kind of a question says of itself; an unknown kind says nothing."""
    kind = settings.get("kind", kinds.DEFAULT_KIND)
    return kinds.defaults(kind) if kind in kinds.kinds() else {}


def _faults(question_id: str, settings: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """Check one question against the schema of its kind."""
    kind = settings.get("kind", kinds.DEFAULT_KIND)
    names = kinds.kinds()
    of_kind: Mapping[str, Any] = {"properties": {"kind": {"enum": names}}}
    if kind in names:
        of_kind = kinds.question_schema(str(kind))
    for fault in violations(settings, of_kind):
        finding = Finding(
            "fatal",
            fault.rule,
            file,
            row_id=question_id,
            column=fault.place,
            value=fault.value,
            message=fault.message,
            remedy=remedy("questions"),
        )
        unknown = fault.rule == "config-additionalProperties"
        others = kinds.kinds_with(fault.place) if unknown else []
        if others:
            named = " or ".join(others)
            message = f"a setting of questions of kind {named}; this one is of kind {kind}"
            words = f"Leave it out, or write 'kind: {named}'."
            finding = replace(finding, rule="config-kind", message=message, remedy=words)
        yield finding


def _told_once(same: list[Finding]) -> Finding:
    """Tell a fault that several questions take over for the first of them, and name the others."""
    others = ", ".join(finding.row_id for finding in same[1:])
    if not others:
        return same[0]
    return replace(same[0], message=f"{same[0].message}; the same in {others}")
