"""Questions that are like others: what each takes over, and where every value was written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from msgspec.structs import replace

from trialpool.findings import Finding
from trialpool.settings.documents import Document

Question = Mapping[str, Any]
# Words about one question, and its partner in a figure, are nobody else's.
OWN: Final = ("like", "title", "question", "comment", "beside")
# Questions with such an id are not asked: others are like them.
TEMPLATE: Final = "_"


@dataclass(frozen=True)
class Origins:
    """Where the settings of each question were written.

    Attributes
    ----------
    document : Document
        The file of questions.
    owners : mapping
        Question -> setting, or key of a block that is taken over key by key ("trials.line") ->
        the question that wrote it, empty where it is a default of the kind.
    """

    document: Document = field(default_factory=Document)
    owners: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def owner(self, question_id: str, place: str) -> str:
        """Return the question that wrote a setting of a question; empty for a default."""
        owners = self.owners.get(question_id, {})
        around = [name for name in owners if f"{place}.".startswith(f"{name}.")]
        return owners[max(around, key=len)] if around else question_id

    def line(self, question_id: str, place: str) -> int | None:
        """Return the line on which it stands, None for a default of the kind."""
        owner = self.owner(question_id, place)
        return self.document.line(f"{owner}.{place}") if owner else None

    def located(self, finding: Finding) -> Finding:
        """Say of a finding about a question's setting where that was written."""
        owner = self.owner(finding.row_id, finding.column)
        found = replace(finding, line=self.line(finding.row_id, finding.column))
        if owner in ("", finding.row_id):
            return found
        return replace(found, message=f"{finding.message}; taken over from {owner!r}")


def resolve(
    document: Document, merged: Collection[str], nullable: Collection[str]
) -> tuple[dict[str, Any], dict[str, dict[str, str]], list[Finding]]:
    """Give every question what it takes over from the one that it is like.

    Parameters
    ----------
    document : Document
        The file of questions.
    merged : collection of str
        Settings that are taken over key by key; all others are taken over or replaced whole.
    nullable : collection of str
        Settings of which null is a value; elsewhere null takes away what was taken over.

    Returns
    -------
    dict
        The questions that are asked, in the order of the file; templates are left out. What is
        not a block of settings stays as it is, for the schema to say so.
    dict
        The `owners` of `Origins`.
    list of Finding
        Parents that do not exist, and circles.
    """
    written = document.content
    findings = [*_unknown_parents(document), *_circles(document)]
    questions: dict[str, Any] = {}
    owners: dict[str, dict[str, str]] = {}
    for question_id, own in written.items():
        if str(question_id).startswith(TEMPLATE):
            continue
        if not isinstance(own, Mapping):
            questions[question_id] = own
            continue
        settings: dict[str, Any] = {}
        places: dict[str, str] = {}
        for ancestor in reversed(_lineage(written, question_id)):
            settings = {name: value for name, value in settings.items() if name not in OWN}
            _take_over(settings, places, ancestor, written[ancestor], merged, nullable)
        settings.pop("like", None)
        questions[question_id], owners[question_id] = settings, places
    return questions, owners, findings


def _take_over(
    settings: dict[str, Any],
    places: dict[str, str],
    question_id: str,
    own: Question,
    merged: Collection[str],
    nullable: Collection[str],
) -> None:
    """Lay a question's own settings over those that it takes over."""
    for name, value in own.items():
        theirs = settings.pop(name, None)
        writers = {place: places.pop(place) for place in _of(name, places)}
        if value is None and writers and name not in nullable:
            continue
        settings[name], places[name] = value, question_id
        if name in merged and isinstance(theirs, Mapping) and isinstance(value, Mapping):
            both = {**theirs, **value}
            kept = [key for key in both if both[key] is not None or key not in theirs]
            settings[name] = {key: both[key] for key in kept}
            for key in [key for key in kept if key not in value]:
                place = f"{name}.{key}"
                places[place] = writers.get(place, writers[name])


def _of(name: str, places: Mapping[str, str]) -> list[str]:
    """List a setting and the keys of its block among places."""
    return [place for place in places if place == name or place.startswith(f"{name}.")]


def _parent(written: Mapping[str, Any], question_id: str) -> str | None:
    """Return the question that a question is like, None if that is nobody."""
    own = written.get(question_id)
    parent = own.get("like") if isinstance(own, Mapping) else None
    known = isinstance(parent, str) and isinstance(written.get(parent), Mapping)
    return parent if known else None


def _lineage(written: Mapping[str, Any], question_id: str) -> list[str]:
    """List a question, the one that it is like, and so on; a circle is cut where it closes."""
    line = [question_id]
    while (parent := _parent(written, line[-1])) is not None and parent not in line:
        line.append(parent)
    return line


def _unknown_parents(document: Document) -> Iterator[Finding]:
    for question_id, own in document.content.items():
        if isinstance(own, Mapping) and "like" in own:
            if _parent(document.content, question_id) is not None:
                continue
            from difflib import get_close_matches

            named = str(own["like"])
            near = get_close_matches(named, [str(other) for other in document.content], 3)
            message = "there is no question of this id to be like"
            hint = f" (near: {', '.join(near)})" if near else ""
            yield _finding(document, "config-like", question_id, named, message + hint)


def _circles(document: Document) -> Iterator[Finding]:
    written, told = document.content, set[str]()
    for question_id in written:
        line = _lineage(written, question_id)
        if _parent(written, line[-1]) == question_id and question_id not in told:
            told.update(line)
            circle = " → ".join([*line, question_id])
            message = f"the question is like itself: {circle}"
            yield _finding(document, "config-like-circle", question_id, line[-1], message)


def _finding(document: Document, rule: str, question_id: str, value: str, message: str) -> Finding:
    return Finding(
        "fatal",
        rule,
        document.file,
        document.line(f"{question_id}.like"),
        row_id=question_id,
        column="like",
        value=value,
        message=message,
        remedy="Name a question or a template of this file that is not like this one.",
    )
