"""A rule on hand-written texts: what they say of a trial is what the tables say."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from trialpool.audit.context import AuditContext, Row
from trialpool.audit.rule import Case, Judgements, Rule
from trialpool.findings import Finding
from trialpool.settings.kinds import DEFAULT_KIND

_ID: Final = "text-against-data"
# Words that a later report makes untrue, and what in a row says that it has.
_NO_RESULT: Final = re.compile(
    r"\b(?:under ?way|on-?going|recruiting|awaited|pending|no results?|without results?"
    r"|not (?:yet )?(?:been )?(?:reported|published))\b",
    re.IGNORECASE,
)
_NO_INTERVAL: Final = re.compile(
    r"\b(?:no|without(?: an?)?) (?:confidence )?(?:interval|limit)s?\b", re.IGNORECASE
)
_CLAIMS: Final = (
    (_NO_RESULT, ("estimate", "events", "percent", "mean", "median", "r"), "a result"),
    (_NO_INTERVAL, ("ci_lower", "ci_upper"), "an interval"),
)
_RESULTS: Final = (
    *("time_to_event", "responses", "response_contrasts"),
    *("means", "rates", "correlations", "outcome_contrasts"),
)
_SENTENCE: Final = re.compile(r"(?<=[.;])\s+")
_CLAUSE: Final = re.compile(r",\s+|\s+(?:but|while|whereas)\s+")
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")
_ROW_ID: Final = re.compile(r"(?<![\w.+-])[\w+-]+\.[\w-]+\.[a-z]\d+(?![\w.]*\w)")
# A word that is written like the name of a trial: it has capitals inside.
_NAME: Final = re.compile(r"(?<![\w-])(?=(?:[\w-]*[A-Z]){3})[A-Za-z][\w-]{4,}")
_NEAR: Final = 0.85


def check_texts(context: AuditContext) -> Judgements:
    """Check every text of the questions and of the taxonomy against the tables."""
    names, rows = _names(context), _rows(context)
    tables = context.evidence.tables.values()
    known = {str(row["row_id"]) for table in tables for row in table.rows if "row_id" in row}
    files, origins = context.settings.file_names, context.settings.origins
    for part, settings in (
        ("questions", context.settings.questions),
        ("taxonomy", context.settings.taxonomy),
    ):
        for place, text in _texts(settings):
            row_id, column = ("", ".".join(place))
            asked: Mapping[str, Any] = {}
            if part == "questions":
                asked, row_id, column = settings[place[0]], place[0], ".".join(place[1:])
                if origins.owner(row_id, column) not in ("", row_id):
                    continue  # judged where it is written
            faults = (
                *_untrue(text, asked.get("endpoints", ()), names, rows),
                *_unknown_rows(text, known),
                *_misspelt(text, names),
            )
            for value, message in faults:
                finding = Finding(
                    "warning",
                    _ID,
                    files[part],
                    row_id=row_id,
                    column=column,
                    value=value,
                    message=message,
                    remedy=_REMEDY,
                )
                yield origins.located(finding) if asked else finding
            if not faults:
                yield None


def _texts(settings: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every text of several words, and where it stands."""
    if isinstance(settings, Mapping):
        for key, value in settings.items():
            yield from _texts(value, (*place, str(key)))
    elif isinstance(settings, list):
        for number, value in enumerate(settings):
            yield from _texts(value, (*place, str(number)))
    elif isinstance(settings, str) and " " in settings:
        yield place, _PLACEHOLDER.sub("", settings)


def _names(context: AuditContext) -> dict[str, str]:
    """Trials by the names that they go by: without what stands in parentheses."""
    rows = context.rows("trials")
    return {re.sub(r"\s*\(.*", "", str(row["trial"])): str(row["trial_id"]) for row in rows}


def _rows(context: AuditContext) -> dict[str, list[Row]]:
    """Rows that compare or count results, by trial."""
    found: dict[str, list[Row]] = defaultdict(list)
    for table in _RESULTS:
        for row in context.rows(table):
            found[row["trial_id"]].append(row)
    return found


def _untrue(
    text: str,
    asked: Sequence[str],
    names: Mapping[str, str],
    rows: Mapping[str, Sequence[Row]],
) -> Iterator[tuple[str, str]]:
    """Yield each trial that a text says to have no result or no interval, though a row has one.

    Of the endpoints that the sentence names, else of those that the question asks for.
    """
    for sentence in _SENTENCE.split(text):
        if not any(claim.search(sentence) for claim, *_ in _CLAIMS):
            continue
        trials: list[str] = []
        for clause in _CLAUSE.split(sentence):
            trials = [n for n in names if n and _stands(n, clause)] or trials
            for claim, columns, what in _CLAIMS:
                if not claim.search(clause):
                    continue
                for name in trials:
                    own = rows.get(names[name], ())
                    told = {str(r["endpoint"]) for r in own if _stands(r["endpoint"], sentence)}
                    wanted = told or set(asked) or {str(r["endpoint"]) for r in own}
                    having = [
                        str(row["row_id"])
                        for row in own
                        if row["endpoint"] in wanted and any(row.get(c) for c in columns)
                    ]
                    if having:
                        yield clause.strip(), f"{name} has {what} now: {', '.join(having[:3])}"


def _stands(word: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) is not None


def _unknown_rows(text: str, known: Collection[str]) -> Iterator[tuple[str, str]]:
    for row_id in _ROW_ID.findall(text):
        if row_id not in known:
            yield row_id, "no table has a row of this id"


def _misspelt(text: str, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each word that is nearly the name of a trial, and is none and begins none."""
    for word in dict.fromkeys(_NAME.findall(text)):
        if any(word in name for name in names):
            continue
        near = get_close_matches(word, names, n=1, cutoff=_NEAR)
        if near:
            yield word, f"no trial of trials.csv has this name; {near[0]} is near"


_REMEDY: Final = "Write what the tables say now, by a placeholder {row_id.column} where it can be."
_TRIAL: Final = {"trial_id": "a", "trial": "ALPHA-1"}
_ROW: Final = {"row_id": "a.death.t01", "trial_id": "a", "endpoint": "death", "estimate": "0.62"}


def _case(rows: list[dict[str, str]], words: str) -> Case:
    asked = {"kind": DEFAULT_KIND, "endpoints": ["death"], "comment": "ALPHA-1 is under way."}
    tables = {"trials": [_TRIAL], "time_to_event": rows}
    return Case(tables, questions={"deaths": asked}, words=words)


text_against_data: Final = Rule(
    _ID,
    "What a text of the questions or the taxonomy says of a trial is what the tables say: a trial "
    "under way or without an interval has none there, rows that are named exist, and no name is "
    "nearly that of a trial. Remarks after # are not read.",
    ("warning",),
    "docs/reference/audit.md",
    _REMEDY,
    (),
    check_texts,
    ("questions", "taxonomy"),
    _case([], "a comment that ALPHA-1 is under way, where no table has a row of it"),
    _case([_ROW], "a comment that ALPHA-1 is under way, where time_to_event.csv has a row of it"),
)
