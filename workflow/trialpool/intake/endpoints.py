"""Which endpoint an outcome's title names, and what else the title says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from trialpool.measures import ENDPOINTS, Endpoint

# How else titles name an endpoint that has a code; configured ones go by name and code.
_ALSO: Final = {
    "OS": r"time[ -]to[ -](?:all[ -]cause )?death(?: (?:from|of) any cause)?"
    r"(?! ?(?:from|due|of|or|and|/))",
    "TTP": r"time[ -]to[ -](?:disease[ -])?progression",
    "RFS": r"relapse[ -]free[ -]survival",
    "pCR": r"pathologic(?:al)?[ -]complete[ -]respon(?:se|ders?)(?:[ -]rates?)?",
    "ORR": r"(?:objective|overall)[ -](?:tumou?r[ -])?response(?:[ -]rates?)?",
    "CBR": r"clinical[ -]benefit(?:[ -]rates?)?",
}
# Another quantity although the name of an endpoint stands in it.
_OTHER: Final = re.compile(
    r"duration of (?!(?:overall|progression[ -]free|disease[ -]free|event[ -]free)[ -]survival)|"
    r"time to (?:first )?(?:objective|overall|pathologic)|best overall response|"
    r"(?:pfs|progression[ -]free[ -]survival)[ -]?2|next[ -]line|second (?:disease )?progression|"
    r"after next|intracranial|\bcns\b|central nervous system|\bbrain\b|quality of life|"
    r"restricted mean|landmark|\b(?:surviv\w+|PFS|OS|DFS|EFS)[ -](?:rates?|probability) at\b|"
    r"(?:biochemical|radiographic|symptomatic|loco\w*|local\w*|regional|metasta\w+)[ -]+"
    r"(?:(?:disease )?progression|recurrence|relapse)",
    re.IGNORECASE,
)
_BLINDED: Final = re.compile(
    r"blinded independent|independent (?:central|review|radiolog)|central(?:ly)? review|"
    r"\bBICR\b|\bIRC\b|\bIRF\b|\bIRR\b|\bICR\b",
    re.IGNORECASE,
)
_INVESTIGATOR: Final = re.compile(r"investigator", re.IGNORECASE)
# What a title may add without naming other patients: abbreviations, assessor, criteria.
_HARMLESS: Final = re.compile(
    r"\b(?:percentage|proportion|number|rate|kaplan|meier|estimates?|of|the|participants?|"
    r"patients|subjects|with|an?|by|as|per|in|for|to|based|on|according|assessed|assessment|"
    r"determined|evaluated|using|and|or|was|were|is|blinded|independent|central(?:ly)?|review(?:er)?|"
    r"committee|facility|radiolog\w*|imaging|investigators?|bicr|irc|irf|irr|icr|response|"
    r"evaluation|criteria|solid|tumou?rs?|recist|version|v|modified|duration|"
    r"confirmed|best|primary|secondary|key|analysis|outcome|endpoint|median|months|complete|partial|"
    r"tpcr|cr|pr)\b|[0-9.]+|[^\w\s]",
    re.IGNORECASE,
)
_DASHES: Final = re.compile(r"[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")


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
        ``"BICR"``, ``"investigator"`` or empty.
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


def read_title(title: str, endpoints: Mapping[str, Endpoint] = ENDPOINTS) -> Named | str:
    """Read the title of an outcome.

    An endpoint is found by its name ("progression-free survival", with hyphens or blanks), by its
    code as an abbreviation ("PFS"), or by another name that is usual.

    Parameters
    ----------
    title : str
    endpoints : mapping of str to Endpoint
        Those that may be found, by code: the known ones and what the configuration adds.

    Returns
    -------
    Named or str
        A string is the reason why no endpoint could be read from it.
    """
    left = plain_text(title)
    patterns = _patterns(tuple(endpoints.values()))
    if (other := _OTHER.search(left)) and not any(
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
    rest = " ".join(_HARMLESS.sub(" ", left).split())
    is_time = endpoint.reported_in == "time_to_event"
    return Named(endpoint.code, is_time, assessor(title), rest)


@lru_cache(maxsize=8)
def _patterns(endpoints: tuple[Endpoint, ...]) -> tuple[tuple[re.Pattern[str], Endpoint], ...]:
    """Return names, then codes, each the longest first: one may be a part of another."""
    named: list[tuple[str, Endpoint]] = []
    for endpoint in endpoints:
        words = re.split(r"[\s-]+", endpoint.name)
        named.append((r"\b" + r"[\s-]+".join(map(re.escape, words)) + r"\b", endpoint))
        if also := _ALSO.get(endpoint.code):
            named.append((also, endpoint))
    named.sort(key=lambda pair: -len(pair[1].name))
    by_name = [(re.compile(words, re.IGNORECASE), endpoint) for words, endpoint in named]
    # Codes as they are spelt: "os" and "or" are words.
    codes = sorted(endpoints, key=lambda endpoint: -len(endpoint.code))
    by_code = [
        (re.compile(rf"(?<![\w-]){re.escape(endpoint.code)}(?![\w-])"), endpoint)
        for endpoint in codes
    ]
    return (*by_name, *by_code)


def assessor(*texts: str) -> str:
    """Return who judged, from the first text that says it; empty where one names both."""
    for text in texts:
        blinded, own = bool(_BLINDED.search(text)), bool(_INVESTIGATOR.search(text))
        if blinded or own:
            return "" if blinded and own else "BICR" if blinded else "investigator"
    return ""
