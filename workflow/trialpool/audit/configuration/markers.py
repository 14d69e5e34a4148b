"""A rule on the levels of markers that questions name: they are levels of the data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol, cast

from trialpool.audit.configuration.taxonomy import RESOLVES
from trialpool.audit.context import AuditContext
from trialpool.audit.rule import Case, Judgements, Rule
from trialpool.findings import Finding, Level
from trialpool.questions.registry import stage
from trialpool.settings.kinds import DEFAULT_KIND

_ID: Final = "marker-level"
# Column of the level of a marker, by table.
_LEVELS: Final = {
    "time_to_event": ("biomarker_level",),
    "responses": ("biomarker_level",),
    "biomarker_contrasts": ("level_a", "level_b"),
}


class MarkerNamed(NamedTuple):
    """A marker that a question names, where it does, and the levels on each side."""

    setting: str
    marker: str
    levels: Mapping[str, Sequence[str]]


class AuditRoom(Protocol):
    """What the audit asks the room of a kind of question."""

    def markers_named(self, settings: Mapping[str, Any], /) -> Iterable[MarkerNamed]:
        """Name the markers in the settings that this kind alone has."""


def check_marker_levels(context: AuditContext) -> Judgements:
    """Check the markers and levels of every question against those of the tables."""
    for finding in _marker_faults(context):
        yield context.settings.origins.located(finding)


def _marker_faults(context: AuditContext) -> Iterator[Finding]:
    known = _known_levels(context)
    spellings = context.settings.taxonomy.get("level_aliases", {})
    aliases = context.settings.taxonomy.get("biomarker_aliases", {})
    for question_id, question in context.settings.questions.items():
        for place, marker, levels in _named(question):
            if marker in aliases:
                yield _finding(
                    question_id,
                    place,
                    marker,
                    f"a spelling of {aliases[marker]!r} (biomarker_aliases): no row is read under "
                    "this name",
                    f"Write {aliases[marker]!r}.",
                )
                continue
            if marker not in known:
                shown = ", ".join(sorted(known)) or "none"
                message = f"no row of the tables has this marker; there are {shown}"
                yield _finding(question_id, place, marker, message, _SPELLING, "warning")
                continue
            yield from _check_levels(
                question_id, place, marker, levels, known[marker], spellings.get(marker, {})
            )


_SPELLING: Final = "Correct the spelling if it is one."


def _check_levels(
    question_id: str,
    place: str,
    marker: str,
    levels: Mapping[str, Sequence[str]],
    known: set[str],
    spellings: Mapping[str, str],
) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for side, named in levels.items():
        where = f"{place}.{marker}" + (f".{side}" if side else "")
        for level in named:
            if level in seen:
                message = f"stands under {seen[level]} too: its patients would be on both sides"
                yield _finding(question_id, where, level, message, "Keep one of the two.")
            elif spellings.get(level, level) != level:
                message = (
                    f"a spelling of {spellings[level]!r} (level_aliases of {marker}): no row is "
                    "read under this name"
                )
                yield _finding(question_id, where, level, message, f"Write {spellings[level]!r}.")
            elif level not in known:
                shown = ", ".join(repr(name) for name in sorted(known)) or "none"
                message = f"no row of the tables has this level of {marker}; there are {shown}"
                yield _finding(question_id, where, level, message, _SPELLING, "warning")
            seen[level] = side or "the question"


def _named(question: Mapping[str, Any]) -> Iterator[MarkerNamed]:
    """Yield every marker that a question names: in settings of its kind, and in its filter."""
    yield from cast("AuditRoom", stage(question["kind"], "audit")).markers_named(question)
    if asked := question.get("biomarker"):
        yield MarkerNamed("biomarker", str(asked["name"]), {"": list(asked["levels"])})


def _known_levels(context: AuditContext) -> dict[str, set[str]]:
    """Levels of each marker in the tables, under their canonical names."""
    known: dict[str, set[str]] = {}
    for table, columns in _LEVELS.items():
        if table not in context.evidence.tables:
            continue
        for row in context.rows(table):
            marker, *levels = context.marker(row, columns)
            if marker:
                known.setdefault(marker, set()).update(level for level in levels if level)
    return known


def _finding(
    question_id: str,
    place: str,
    value: str,
    message: str,
    remedy: str,
    level: Level = "fatal",
) -> Finding:
    return Finding(
        level,
        _ID,
        "questions.yaml",
        row_id=question_id,
        column=place,
        value=value,
        message=message,
        remedy=remedy,
    )


_ROW: Final = {"biomarker": "marker", "biomarker_level": "high"}


def _question(level: str) -> Mapping[str, Any]:
    asked = {"name": "marker", "levels": [level, "low"]}
    return {"by-marker": {"kind": DEFAULT_KIND, "biomarker": asked}}


marker_level: Final = Rule(
    _ID,
    "Markers and levels that a question names stand in the tables under that name, and no level is "
    "on two sides. One that no row has is a warning; a spelling that is read under another name is "
    "fatal, since nothing would ever match it.",
    ("fatal", "warning"),
    RESOLVES,
    "Correct the spelling.",
    (),
    check_marker_levels,
    ("questions", "taxonomy"),
    Case(
        {"responses": [_ROW, {**_ROW, "biomarker_level": "low"}]},
        questions=_question("high"),
        words="a question about high against low, which rows have",
    ),
    Case(
        {"responses": [_ROW, {**_ROW, "biomarker_level": "low"}]},
        questions=_question(">median"),
        taxonomy={"level_aliases": {"marker": {">median": "high"}}},
        words="a question about >median, which is read as high",
    ),
)
