"""Which endpoint an outcome's title names, and what else the title says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from trialpool.evidence.assessors import Assessor, assessors_of
from trialpool.measures import Endpoint
from trialpool.settings import Settings

# Another quantity although the name of an endpoint stands in it.
_OTHER: Final = ("quality of life", "restricted mean", "landmark")
_BLINDED: Final = (
    r"blinded independent|independent (?:central|review|radiolog)|central(?:ly)? review"
)
# What a title may add without naming other patients: abbreviations, assessor, criteria.
_HARMLESS: Final = (
    r"\b(?:percentage|proportion|number|rate|kaplan|meier|estimates?|of|the|participants?|"
    r"patients|subjects|with|an?|by|as|per|in|for|to|based|on|according|assessed|assessment|"
    r"determined|evaluated|using|and|or|was|were|is|blinded|independent|central(?:ly)?|review(?:er)?|"
    r"committee|facility|radiolog\w*|imaging|investigators?|response|evaluation|criteria|version|"
    r"v|modified|duration|confirmed|best|primary|secondary|key|analysis|outcome|endpoint|median|"
    r"months|complete|partial)\b|[0-9.]+|[^\w\s]"
)
_DASHES: Final = re.compile(r"[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
# "Time to death" is not "time to death or transplant", nor "time to death from stroke".
_TIME_TO: Final = "time to "
_NOT_ALL: Final = r"(?! ?(?:from|due|of|or|and|/))"
_NEVER: Final = r"(?!)"


@dataclass(frozen=True)
class Named:
    """What a title says.

    Attributes
    ----------
    endpoint : str
        Code of the endpoint.
    is_time : bool
        Time to event or response.
    assessor : str
        As in time_to_event.csv, or empty.
    rest : str
        Words of the title that are neither; they may name a part of the patients.
    """

    endpoint: str
    is_time: bool
    assessor: str
    rest: str


def plain_text(text: str) -> str:
    """Return a text with one kind of hyphen and blank (Unicode NFKC)."""
    return _DASHES.sub("-", unicodedata.normalize("NFKC", text))


@dataclass(frozen=True)
class Wording:
    """How titles word the outcomes of a review.

    Attributes
    ----------
    endpoints : tuple of Endpoint
        Those that may be found.
    assessors : dict of str to Assessor
        Names of time_to_event.csv.
    other : tuple of str
        Phrases of another quantity although the name of an endpoint stands beside them; a star is
        any letters.
    harmless : tuple of str
        Words that name no other patients.
    """

    endpoints: tuple[Endpoint, ...] = ()
    assessors: dict[str, Assessor] = field(default_factory=lambda: assessors_of({}))
    other: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()

    @cached_property
    def patterns(self) -> tuple[tuple[re.Pattern[str], Endpoint], ...]:
        """Names, then codes, each the longest first: one may be a part of another."""
        by_name = sorted(self.endpoints, key=lambda endpoint: -len(endpoint.name))
        named = [(re.compile(p, re.IGNORECASE), one) for one in by_name for p in _names(one)]
        # Codes as they are spelt: "os" and "or" are words.
        by_code = [
            (re.compile(rf"(?<![\w-]){re.escape(endpoint.code)}(?![\w-])"), endpoint)
            for endpoint in sorted(self.endpoints, key=lambda endpoint: -len(endpoint.code))
        ]
        return (*named, *by_code)

    @cached_property
    def other_quantity(self) -> re.Pattern[str]:
        """What tells that a title is about another quantity than its endpoint."""
        waited = [one for one in self.endpoints if one.reported_in == "time_to_event"]
        reached = [
            p for one in self.endpoints if one.reported_in == "responses" for p in _names(one)
        ]
        codes = [re.escape(one.code) for one in waited]
        parts = (
            rf"duration of (?!{_any(p for one in waited for p in _names(one))})",
            rf"time to (?:first )?(?={_any(reached)})",
            rf"\b(?:surviv\w+|{_any(codes)})[ -](?:rates?|probability) at\b",
            *map(_phrase, (*_OTHER, *self.other)),
        )
        return re.compile("|".join(parts), re.IGNORECASE)

    @cached_property
    def nothing(self) -> re.Pattern[str]:
        """What a title may add without naming other patients."""
        told = (*self.harmless, *self.assessors)
        words = (*told, *(word for one in self.assessors.values() for word in one.words))
        return re.compile("|".join((_HARMLESS, *map(_phrase, words))), re.IGNORECASE)

    def assessor(self, *texts: str) -> str:
        """Return who judged, from the first text that says it; empty where one names several."""
        for text in texts:
            found = [name for name, one in self.assessors.items() if _judged(name, one, text)]
            if found:
                return found[0] if len(found) == 1 else ""
        return ""


def wording_of(settings: Settings) -> Wording:
    """Return how the configuration of a review says that titles word its outcomes."""
    titles = settings.config.get("outcome_titles", {})
    return Wording(
        tuple(settings.endpoints.values()),
        assessors_of(settings.taxonomy),
        *(tuple(map(str, titles.get(name, ()))) for name in ("other", "harmless")),
    )


def _phrase(text: str) -> str:
    """Return the pattern of a phrase, with hyphens or blanks; a star is any letters."""
    words = (re.escape(word).replace(r"\*", r"\w*") for word in re.split(r"[\s-]+", text))
    return r"\b" + r"[\s-]+".join(words) + r"\b"


def _names(endpoint: Endpoint) -> Iterator[str]:
    """Yield the patterns of an endpoint's name and of what else it is called, the longest first."""
    yield _phrase(endpoint.name)
    for title in sorted(endpoint.titles, key=len, reverse=True):
        is_time = title.casefold().startswith(_TIME_TO)
        yield rf"{_phrase(title)}(?:[ -]rates?\b)?{_NOT_ALL if is_time else ''}"


def _any(patterns: Iterable[str]) -> str:
    return f"(?:{'|'.join(patterns) or _NEVER})"


def _judged(name: str, one: Assessor, text: str) -> bool:
    words = "|".join(map(_phrase, (name, f"{name}s", *one.words)))
    pattern = f"{words}|{_BLINDED}" if one.blinded else words
    return re.search(pattern, text, re.IGNORECASE) is not None


def read_title(title: str, wording: Wording) -> Named | str:
    """Read the title of an outcome.

    An endpoint is found by its name ("event-free survival", with hyphens or blanks), by its
    code as an abbreviation ("MACE"), or by another name that the configuration gives.

    Parameters
    ----------
    title : str
    wording : Wording

    Returns
    -------
    Named or str
        A string is the reason why no endpoint could be read from it.
    """
    left = plain_text(title)
    patterns = wording.patterns
    if (other := wording.other_quantity.search(left)) and not any(
        match.start() <= other.start() and other.end() <= match.end()
        for pattern, _ in patterns
        if (match := pattern.search(left))
    ):
        return f"another quantity than an endpoint of the tables ({other[0]!r})"
    found: dict[str, Endpoint] = {}
    for pattern, endpoint in patterns:
        if pattern.search(left):
            found[endpoint.code] = endpoint
            left = pattern.sub(" ", left)
    if not found:
        return "no endpoint of the tables is named in the title"
    if len(found) > 1:
        return f"the title names several endpoints ({', '.join(found)})"
    (endpoint,) = found.values()
    if endpoint.reported_in not in ("time_to_event", "responses"):
        return f"{endpoint.code} belongs into {endpoint.reported_in}.csv: enter it by hand"
    rest = " ".join(wording.nothing.sub(" ", left).split())
    is_time = endpoint.reported_in == "time_to_event"
    return Named(endpoint.code, is_time, wording.assessor(title), rest)
