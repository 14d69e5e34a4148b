"""Judgements of risk of bias: tools, domains, words, and the rows of risk_of_bias.csv.

A row is wide (a column per domain: D1 to D9, overall) or long (domain, judgement). It is about one
result (endpoint) or, with an empty endpoint, about every result of its trial.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from trialpool.records.trials import RiskOfBias

Row = Mapping[str, Any]

TABLE: Final = "risk_of_bias"
# What a judgement is called in a sentence and in a legend, from the best to the worst.
NAMES: Final[Mapping[str, str]] = {
    "low": "low risk",
    "some concerns": "some concerns",
    "high": "high risk",
    "critical": "critical risk",
    "unclear": "no information",
}
# Of a result that nobody judged; no judgement itself.
NOT_JUDGED: Final = "not judged"
_WORDS: Final[Mapping[str, str]] = {
    **{name: name for name in NAMES},
    **{"+": "low", "l": "low"},
    **{"!": "some concerns", "some": "some concerns", "moderate": "some concerns"},
    **{"-": "high", "−": "high", "serious": "high", "h": "high"},
    **{"x": "critical", "×": "critical"},
    **{"?": "unclear", "no information": "unclear", "ni": "unclear", "unknown": "unclear"},
}
OVERALL: Final = "overall"
# Domains of the tools by Cochrane (Sterne 2019, BMJ 366:l4898; Sterne 2016, BMJ 355:i4919;
# Higgins 2011, BMJ 343:d5928).
TOOLS: Final[Mapping[str, tuple[str, ...]]] = {
    "RoB 2": (
        "randomisation process",
        "deviations from intended interventions",
        "missing outcome data",
        "measurement of the outcome",
        "selection of the reported result",
    ),
    "ROBINS-I": (
        "confounding",
        "selection of participants",
        "classification of interventions",
        "deviations from intended interventions",
        "missing data",
        "measurement of outcomes",
        "selection of the reported result",
    ),
    "Cochrane 2011": (
        "random sequence generation",
        "allocation concealment",
        "blinding of participants and personnel",
        "blinding of outcome assessment",
        "incomplete outcome data",
        "selective reporting",
        "other bias",
    ),
}
_SPELLINGS: Final[Mapping[str, str]] = {
    **{"rob2": "RoB 2", "rob20": "RoB 2"},
    "robinsi": "ROBINS-I",
    **dict.fromkeys(
        ("cochrane2011", "cochrane", "cochranerob", "cochranetool", "rob", "rob1", "rob10"),
        "Cochrane 2011",
    ),
}
# Columns of a wide table.
DOMAINS: Final = tuple(f"D{number}" for number in range(1, 10))
WIDE: Final = (*DOMAINS, OVERALL)


@dataclass(frozen=True)
class Judged:
    """One judgement: the row that it stands in, and of what it is."""

    row: Row
    tool: str
    domain: str
    judgement: str

    @property
    def result(self) -> tuple[str, str]:
        """Trial and endpoint; no endpoint: every result of the trial."""
        return str(self.row["trial_id"]), str(self.row.get("endpoint") or "")


@dataclass(frozen=True)
class Misread:
    """A cell that is no judgement, or of no domain of the tool.

    `what` is "judgement" or "domain", `allowed` says in words what would pass.
    """

    row: Row
    column: str
    what: str
    message: str
    allowed: str


def judgement_of(cell: object) -> str:
    """Read a judgement: its word in a usual spelling, or its symbol; empty for an empty cell.

    Raises
    ------
    ValueError
        If the word is not known.
    """
    text = " ".join(str(cell if cell is not None else "").split()).casefold()
    word = text.removesuffix(" of bias").removesuffix(" risk") if len(text) > 1 else text
    found = _WORDS.get(text, _WORDS.get(word, ""))
    if text and not found:
        raise ValueError(f"{text!r} is no judgement of risk of bias; allowed: {ALLOWED}")
    return found


ALLOWED: Final = (
    "low (+), some concerns or moderate (!), high or serious (−), critical (×), "
    "unclear or no information (?)"
)


def tool_of(text: str) -> str:
    """Return the name of a tool, that of a known one in its usual spelling."""
    plain = re.sub(r"[^a-z0-9]", "", text.casefold())
    return _SPELLINGS.get(plain, " ".join(text.split()))


def domain_of(tool: str, text: str) -> str | None:
    """Return the key of a domain ("D1", "overall"), None where the tool has no such domain.

    Of tools that are not known every text is a domain of its own.
    """
    word = " ".join(text.split())
    if word.casefold() in (OVERALL, "overall bias", "overall risk of bias"):
        return OVERALL
    if code := re.fullmatch(r"[Dd]?([1-9])", word):
        number = int(code[1])
        return f"D{number}" if number <= len(TOOLS.get(tool, DOMAINS)) else None
    if tool not in TOOLS:
        return word or None
    names = [_plain(name) for name in TOOLS[tool]]
    # "Bias arising from the randomization process", "Selective reporting (reporting bias)".
    plain = _plain(re.sub(r"\(.*?\)", "", word))
    found = [i for i, name in enumerate(names) if plain == name or plain.endswith(f" {name}")]
    return f"D{found[0] + 1}" if len(found) == 1 else None


def _plain(name: str) -> str:
    text = re.sub(r"[^a-z ]", " ", name.casefold()).replace("randomiz", "randomis")
    return " ".join(text.split())


def read_rows(rows: Iterable[Row]) -> tuple[list[Judged], list[Misread]]:
    """Read the judgements of risk_of_bias.csv, wide or long, and what cannot be read.

    Parameters
    ----------
    rows : iterable of mapping
        Cells by column.
    """
    judged: list[Judged] = []
    misread: list[Misread] = []
    for row in rows:
        tool = tool_of(str(row["tool"]))
        for column, name in _cells(row):
            try:
                word = judgement_of(row[column])
            except ValueError as error:
                misread.append(Misread(row, column, "judgement", str(error), ALLOWED))
                continue
            domain = domain_of(tool, name)
            if domain is None and (word or column == "judgement"):
                known = TOOLS.get(tool, ())
                allowed = ", ".join(f"D{i} ({text})" for i, text in enumerate(known, 1))
                message = f"{tool or 'the tool'} has no domain {name!r}"
                place = column if column in WIDE else "domain"
                allowed = f"{allowed}, overall" if known else "a domain, or overall"
                misread.append(Misread(row, place, "domain", message, allowed))
            elif word and domain is not None:
                judged.append(Judged(row, tool, domain, word))
    return judged, misread


def _cells(row: Row) -> Iterator[tuple[str, str]]:
    """Yield the columns of a row that hold a judgement, with the domain that each is of."""
    for column in WIDE:
        if row.get(column):
            yield column, column
    if row.get("judgement"):
        yield "judgement", str(row.get("domain") or "")


def judgements(rows: Iterable[Row]) -> dict[tuple[str, str], RiskOfBias]:
    """Return the judgements of each result that was judged.

    Parameters
    ----------
    rows : iterable of mapping
        Of risk_of_bias.csv.

    Returns
    -------
    dict
        (trial, endpoint) → its judgements by domain, "overall" last; the endpoint is empty
        where a judgement is about every result of its trial.
    """
    found: dict[tuple[str, str], list[Judged]] = {}
    for one in read_rows(rows)[0]:
        found.setdefault(one.result, []).append(one)
    return {key: _record(own) for key, own in found.items()}


def _record(own: list[Judged]) -> RiskOfBias:
    # Numbered domains in their order, others in that of the rows, overall last.
    numbers = {domain: number for number, domain in enumerate(DOMAINS)}
    ordered = sorted(own, key=lambda one: (one.domain == OVERALL, numbers.get(one.domain, 0)))

    def texts(column: str) -> list[str]:
        return list(dict.fromkeys(str(one.row.get(column) or "") for one in ordered))

    reasons = {}
    for one in ordered:
        if reason := str(one.row.get("reason") or ""):
            # The reason of a wide row is one for all of its domains.
            reasons[one.domain if one.row.get("judgement") else OVERALL] = reason
    return RiskOfBias(
        tool=own[0].tool,
        judgements={one.domain: one.judgement for one in ordered},
        by="; ".join(text for text in texts("by") if text),
        when=max(texts("when")),
        reasons=reasons,
    )


def judged_as(entry: RiskOfBias | None, domain: str = OVERALL) -> str:
    """Return the judgement of a domain, "not judged" where there is none."""
    return (entry.judgements.get(domain) if entry else None) or NOT_JUDGED
