"""A rule on words: what differs only in how it is written is read as one thing, or told."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from trialpool.audit.context import AuditContext, Row
from trialpool.audit.rule import Case, Fault, Judgements, rule

# Phrases and signs of one meaning. A plus or minus after a letter says positive or negative.
_PHRASES: Final = (
    (r"≥|\b(?:(?:at )?or (?:above|more|older|higher)|at least)\b", " >= "),
    (r"≤|\b(?:(?:at )?or (?:below|less|younger|lower)|at most)\b", " <= "),
    (r"\b(?:above|over|(?:more|greater|higher) than)\b", " > "),
    (r"\b(?:below|under|(?:less|lower) than)\b", " < "),
    (r"(?<=\d) +%", "%"),
    (r"(?<=[^\W\d_])\+(?!\w)", " positive "),
    (r"(?<=[^\W\d_])[-−](?!\w)", " negative "),
)
_WORD: Final = re.compile(r"[<>]=?|[^\W_]+(?:\.\d+)?[+%]?")
# Words that change nothing: "active (n=174)", "active (174 in all)".
_EMPTY: Final = frozenset({"n", "of", "the", "in", "all", "with", "patient"})
_SHORT: Final = 3
# Node and nodes, diagnosis and diagnoses.
_ENDING: Final = re.compile(r"(?:i?s|es?)$")


def wording(text: str, abbreviations: Mapping[str, str]) -> frozenset[tuple[str, ...]]:
    """Return what is left of a text without case, hyphens, plurals and the order of words.

    Parameters
    ----------
    text : str
    abbreviations : mapping of str to str
        Long form to short form, in lower case.

    Returns
    -------
    frozenset of tuple of str
        Its words in alphabetical order, and all of them in one: texts that share either differ only
        in wording.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    for long, short in abbreviations.items():
        plain = re.sub(rf"\b{re.escape(long)}\b", short, plain)
    for pattern, sign in _PHRASES:
        plain = re.sub(pattern, sign, plain)
    found = _WORD.findall(plain)
    words = [_ENDING.sub("", w) if len(w) > _SHORT and w.isalpha() else w for w in found]
    kept = [word for word in words if word not in _EMPTY] or words
    return frozenset({tuple(sorted(kept)), ("".join(kept),)})


class _Spelled(NamedTuple):
    """A cell of words: in whose company it is compared, and what it is read as."""

    scope: str
    read_as: str
    table: str
    row: Row
    column: str
    remedy: str


_OUTCOMES: Final = ("means", "rates", "correlations", "outcome_contrasts")
_POPULATIONS: Final = ("time_to_event", "response_contrasts", *_OUTCOMES)
_LEVELS: Final = {
    "time_to_event": ("biomarker_level",),
    "responses": ("biomarker_level",),
    "response_contrasts": ("biomarker_level",),
    **dict.fromkeys(_OUTCOMES, ("biomarker_level",)),
    "biomarker_contrasts": ("level_a", "level_b"),
}
_JOIN: Final = "If they mean the same, {} in taxonomy.yaml; else say in the words what differs."


def _cells(context: AuditContext) -> Iterator[_Spelled]:
    taxonomy = context.settings.taxonomy
    kinds = taxonomy.get("populations", {})
    remedy = _JOIN.format("place both as one kind under 'populations'")
    for table in _POPULATIONS:
        for row in context.rows(table):
            kind = str(kinds.get(row["population"], ""))
            yield _Spelled("population", kind, table, row, "population", remedy)
    definitions = taxonomy.get("response_definitions", {})
    remedy = _JOIN.format("define both alike under 'response_definitions'")
    for row in context.rows("responses"):
        endpoint = str(row["endpoint"])
        if endpoint in definitions:
            meant = str(definitions[endpoint].get(row["definition"], ""))
            yield _Spelled(f"{endpoint} by", meant, "responses", row, "definition", remedy)
    yield from _of_outcomes(context)
    for table, columns in _LEVELS.items():
        for row in context.rows(table):
            marker, *levels = context.marker(row, columns)
            alias = _JOIN.format("write one as an alias of the other under 'biomarker_aliases'")
            yield _Spelled("biomarker", marker, table, row, "biomarker", alias)
            alias = _JOIN.format(
                f"write one as an alias of the other under 'level_aliases' of {marker}"
            )
            for column, level in zip(columns, levels, strict=True):
                yield _Spelled(f"{marker} at level", level, table, row, column, alias)
    apart = (entry["column"] for entry in taxonomy.get("comparison_columns", []))
    for column in dict.fromkeys((*taxonomy.get("trial_columns", ()), *apart)):
        for row in context.rows("trials"):
            if row.get(column):
                text = str(row[column])
                yield _Spelled(column, text, "trials", row, column, "Write one of the two.")
    for row in context.rows("time_to_event"):
        text = str(row["assessor"])
        remedy = "Write one of the two."
        yield _Spelled("assessor", text, "time_to_event", row, "assessor", remedy)


def _of_outcomes(context: AuditContext) -> Iterator[_Spelled]:
    """Yield times and units of means and rates."""
    for table in _OUTCOMES:
        for row in context.rows(table):
            for column in ("timepoint", "unit", "variable"):
                if column in row:
                    scope, text = f"{row['endpoint']} {column}", str(row[column])
                    yield _Spelled(scope, text, table, row, column, "Write one of the two.")


def _level(first: str, second: str) -> Case:
    row = {"trial_id": "a", "biomarker": "marker"}
    rows = [
        {**row, "row_id": "a.1", "biomarker_level": first},
        {**row, "row_id": "a.2", "biomarker_level": second},
    ]
    return Case({"responses": rows})


@rule(
    "one-spelling",
    "Populations, definitions, assessors, markers and their levels, and what tells trials apart, "
    "that differ only in case, hyphens, signs (≥, >=), plural, order or abbreviation of words are "
    "read as one.",
    levels=("warning",),
    reference="docs/reference/data-dictionary.md",
    remedy="Join the two in taxonomy.yaml.",
    tables=("trials", "responses", "time_to_event", "biomarker_contrasts", *_POPULATIONS[1:]),
    needs=("taxonomy",),
    holds=_level("wild-type", "mutated"),
    fails=_level("wild-type", "Wild type"),
)
def one_spelling(context: AuditContext) -> Judgements:
    """Judge every spelling, once, against those before it."""
    labels = context.settings.taxonomy.get("biomarker_labels", {})
    short = {str(label).casefold(): str(name).casefold() for name, label in labels.items()}
    seen: dict[tuple[str, tuple[str, ...]], dict[str, _Spelled]] = {}
    told: set[tuple[str, str]] = set()
    for cell in _cells(context):
        text = str(cell.row[cell.column])
        if not text or (cell.scope, text) in told:
            continue
        told.add((cell.scope, text))
        found: dict[str, _Spelled] = {}
        for words in wording(text, short):
            alike = seen.setdefault((cell.scope, words), {})
            found |= {read: one for read, one in alike.items() if read != cell.read_as}
            alike.setdefault(cell.read_as, cell)
        twin = next(iter(found.values()), None)
        yield None if twin is None else _fault(cell, twin)


def _fault(cell: _Spelled, twin: _Spelled) -> Fault:
    at = f"{twin.row.get('row_id') or twin.row['trial_id']} {twin.column}"
    other = str(twin.row[twin.column])
    message = f"it differs only in wording from {other!r} ({at}), and is not read as the same"
    return Fault(
        cell.table,
        cell.row,
        cell.column,
        message,
        "one spelling",
        others={at: other},
        remedy=cell.remedy,
    )
