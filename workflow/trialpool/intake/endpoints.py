"""Which endpoint an outcome's title names, and what else the title says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

# Endpoint -> (kind, words). The longer names first: "disease-free survival" is a part of
# "invasive disease-free survival".
_NAMES: Final[tuple[tuple[str, Literal["time", "response"], str], ...]] = (
    ("DDFS", "time", r"distant[ -]disease[ -]free[ -]survival"),
    ("IDFS", "time", r"invasive[ -]disease[ -]free[ -]survival"),
    ("DFS", "time", r"disease[ -]free[ -]survival"),
    ("PFS", "time", r"progression[ -]free[ -]survival"),
    ("EFS", "time", r"event[ -]free[ -]survival"),
    ("RFS", "time", r"(?:recurrence|relapse)[ -]free[ -]survival"),
    ("OS", "time", r"overall[ -]survival"),
    ("TTP", "time", r"time[ -]to[ -](?:disease[ -])?progression"),
    ("pCR", "response", r"pathologic(?:al)?[ -]complete[ -]respon(?:se|ders?)(?:[ -]rates?)?"),
    ("ORR", "response", r"(?:objective|overall)[ -](?:tumou?r[ -])?response(?:[ -]rates?)?"),
    ("CBR", "response", r"clinical[ -]benefit(?:[ -]rates?)?"),
)
# Another quantity although the name of an endpoint stands in it.
_OTHER: Final = re.compile(
    r"duration of|time to (?:first )?(?:objective|overall|pathologic)|best overall response|"
    r"pfs[ -]?2|next[ -]line|second (?:disease )?progression|after next|intracranial|\bcns\b|"
    r"central nervous system|\bbrain\b|quality of life|restricted mean|landmark",
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
    r"evaluation|criteria|solid|tumou?rs?|recist|version|v|modified|"
    r"confirmed|best|primary|secondary|key|analysis|outcome|endpoint|median|months|complete|partial|"
    r"pfs|os|dfs|idfs|efs|rfs|ttp|ddfs|orr|pcr|tpcr|cbr|cr|pr)\b|[0-9.]+|[^\w\s]",
    re.IGNORECASE,
)


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


def read_title(title: str) -> Named | str:
    """Read the title of an outcome.

    Returns
    -------
    Named or str
        A string is the reason why no endpoint could be read from it.
    """
    if other := _OTHER.search(title):
        return f"another quantity than an endpoint of the tables ({other[0]!r})"
    left, found = title, []
    for code, kind, words in _NAMES:
        pattern = re.compile(words, re.IGNORECASE)
        if pattern.search(left):
            found.append((code, kind))
            left = pattern.sub(" ", left)
    if not found:
        return "no endpoint of the tables is named in the title"
    if len(found) > 1:
        return f"the title names several endpoints ({', '.join(code for code, _ in found)})"
    code, kind = found[0]
    return Named(code, kind == "time", assessor(title), " ".join(_HARMLESS.sub(" ", left).split()))


def assessor(*texts: str) -> str:
    """Return who judged, from the first text that says it; empty where one names both."""
    for text in texts:
        blinded, own = bool(_BLINDED.search(text)), bool(_INVESTIGATOR.search(text))
        if blinded or own:
            return "" if blinded and own else "BICR" if blinded else "investigator"
    return ""
