"""Judgements of risk of bias in other programs' files: tables such as robvis reads, RevMan 5.

A table has one row per study: Study, a column per domain (D1 and so on, or its name), Overall,
Weight (McGuinness and Higgins 2021, Res Synth Methods 12:55), or the columns of
risk_of_bias.csv. In RevMan 5 the QUALITY_ITEMS hold one judgement per study and domain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from trialpool.effects.inputs import read_table
from trialpool.effects.typed import parse_real
from trialpool.evidence.risk_of_bias import (
    DOMAINS,
    OVERALL,
    TABLE,
    TOOLS,
    Judged,
    domain_of,
    judgement_of,
    read_rows,
    tool_of,
)
from trialpool.intake.files import read_limited, read_xml, refuse
from trialpool.intake.ids import is_id, slug
from trialpool.intake.record import Imported, LeftOut, one_line
from trialpool.intake.revman.archive import read_archive
from trialpool.intake.revman.package_tables import read_csv

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

Cells = Mapping[str, str]

# What columns are called in other programs' tables, and here.
_COLUMNS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("study", "study id", "trial", "trial id", "label", "author"), "study"),
    **dict.fromkeys(("overall", "overall bias", "overall risk of bias"), OVERALL),
    **dict.fromkeys(("weight", "weights"), "weight"),
    **dict.fromkeys(("endpoint", "outcome", "result"), "endpoint"),
    **dict.fromkeys(("by", "assessor"), "by"),
    **dict.fromkeys(("when", "date"), "when"),
    **dict.fromkeys(("reason", "note", "support for judgement"), "reason"),
    **dict.fromkeys(("judgement", "judgment"), "judgement"),
    **{"tool": "tool", "domain": "domain", "extraction": "extraction"},
}
_ABOUT: Final = ("study", "endpoint", "by", "when", "reason")
# Words that only one of the tools with seven domains has.
_OF_ROBINS: Final = frozenset({"moderate", "serious", "critical"})
_OF_COCHRANE: Final = frozenset({"unclear", "unclear risk"})
# RevMan's answers to "low risk of bias?".
_ANSWERS: Final[Mapping[str, str]] = {"YES": "low", "NO": "high", "UNKNOWN": "unclear"}
_SET_TOOL: Final = "Name the tool: --tool 'RoB 2', ROBINS-I, 'Cochrane 2011' or your own."


@dataclass(frozen=True)
class JudgedFile:
    """What a file says: judgements, weights of studies where it has them, and what is left."""

    judged: tuple[Judged, ...]
    weights: dict[str, float]
    left_out: tuple[LeftOut, ...]


def read_judged(path: Path, tool: str = "") -> JudgedFile:
    """Read a table of judgements, a RevMan 5 review or the data package of a review.

    Parameters
    ----------
    path : Path
        ``.rm5`` or ``.xml``, ``.zip``, else a table.
    tool : str
        Of all judgements; by default as the file says, else as its domains and words tell.

    Returns
    -------
    JudgedFile
        Rows as risk_of_bias.csv has them, ``trial_id`` being the name in the file.

    Raises
    ------
    InputError
        If the file cannot be read, or holds no judgement.
    """
    imported = Imported()
    weights: dict[str, float] = {}
    if path.suffix.lower() in (".rm5", ".xml"):
        root = read_xml(path)
        rows = list(quality_rows(root, imported, tool))
    elif path.suffix.lower() == ".zip":
        rows = list(package_rows(_in_package(path, imported), imported, tool))
    else:
        rows = list(_table_rows(path, tool, imported, weights))
    judged, misread = read_rows(rows)
    for fault in misread:
        place, value = str(fault.row["trial_id"]), str(fault.row[fault.column])
        remedy = f"Allowed: {fault.allowed}."
        imported.leave(f"study {place}", fault.column, value, fault.message, remedy)
    if not judged and not imported.left_out:
        message = "the file holds no judgement of risk of bias"
        columns = "Study, a column for each domain (D1 and so on, or its name), Overall"
        raise refuse(path.name, "judgements", message, f"A row is a study: {columns}.")
    return JudgedFile(tuple(judged), weights, tuple(imported.left_out))


def _table_rows(
    path: Path, tool: str, imported: Imported, weights: dict[str, float]
) -> Iterator[dict[str, str]]:
    """Yield a row per judgement of a table."""
    table = read_table(path)
    known = {name: _COLUMNS.get(_plain(name), "") for name in table.columns}
    if "study" not in known.values():
        message = "no column names the studies"
        raise refuse(path.name, "columns", message, "Name it Study, trial or trial_id.")
    headings = [name for name, own in known.items() if own in ("", OVERALL)]
    given = tool_of(tool) or ("" if "tool" in known.values() else _guessed(headings, table.rows))
    if not given and "tool" not in known.values():
        message = "the file does not tell by which tool its studies were judged"
        raise refuse(path.name, "tool", message, _SET_TOOL)
    for heading in list(headings):
        fault = _no_domain(heading, given, table.rows)
        if fault:
            imported.leave("table", "column", heading, fault)
            headings.remove(heading)
    for row in table.rows:
        own = {name: row[column] for column, name in known.items() if name}
        about = {name: own.get(name, "") for name in _ABOUT}
        about["trial_id"] = about.pop("study")
        about["tool"] = given or tool_of(own.get("tool", ""))
        if weight := parse_real(own.get("weight", "")):
            weights[about["trial_id"]] = weight.value
        if own.get("judgement"):
            yield {**about, "domain": own.get("domain", ""), "judgement": own["judgement"]}
        for heading in headings:
            if row[heading]:
                yield {**about, "domain": heading, "judgement": row[heading]}


def _plain(heading: str) -> str:
    return re.sub(r"[\s_.]+", " ", heading).strip().casefold()


def _no_domain(heading: str, tool: str, rows: Sequence[Cells]) -> str:
    """Say why a column is none of judgements of a domain; empty where it is one."""
    if tool in TOOLS:
        return "" if domain_of(tool, heading) else f"{tool} has no such domain"
    for row in rows:
        try:
            judgement_of(row[heading])
        except ValueError as error:
            return str(error)
    return ""


def _guessed(headings: Sequence[str], rows: Sequence[Cells]) -> str:
    """Tell the tool from the numbers of its domains and from its words; empty if they do not."""
    codes = {name.upper() for name in headings} & set(DOMAINS)
    fitting = [tool for tool, names in TOOLS.items() if codes == set(DOMAINS[: len(names)])]
    if not codes:
        named = [name for name in headings if _COLUMNS.get(_plain(name)) != OVERALL]
        fitting = [t for t in TOOLS if named and all(domain_of(t, name) for name in named)]
    words = {str(row[name]).strip().casefold() for row in rows for name in headings}
    if len(fitting) > 1:
        fitting = ["ROBINS-I"] * bool(words & _OF_ROBINS)
        fitting += ["Cochrane 2011"] * bool(words & _OF_COCHRANE)
    return fitting[0] if len(fitting) == 1 else ""


def quality_rows(root: Element, imported: Imported, tool: str = "") -> Iterator[dict[str, str]]:
    """Yield a row per judgement of a RevMan 5 review, ``trial_id`` being the study's name.

    Parameters
    ----------
    root : Element
    imported : Imported
        Told what is no judgement of a domain.
    tool : str
        By default the tool of 2011, whose items RevMan 5 offers.
    """
    used = tool_of(tool) or "Cochrane 2011"
    names = {
        element.get("ID", ""): one_line(element.get("NAME", ""))
        for element in root.iterfind(".//INCLUDED_STUDIES/STUDY")
    }
    for item in root.iterfind(".//QUALITY_ITEMS/QUALITY_ITEM"):
        domain, _ = _domain(one_line("".join(_child(item, "NAME"))))
        if domain_of(used, domain) is None:
            reason = f"{used} has no such domain"
            imported.leave("QUALITY_ITEMS", "QUALITY_ITEM", domain, reason, _SET_TOOL)
            continue
        groups = {
            group.get("ID", ""): one_line("".join(_child(group, "NAME")))
            for group in item.iterfind(".//QUALITY_ITEM_DATA_ENTRY_GROUP")
        }
        for entry in item.iterfind(".//QUALITY_ITEM_DATA_ENTRY"):
            study = entry.get("STUDY_ID", "")
            place = f"{domain}, {names.get(study, study)}"
            answer = entry.get("RESULT", "")
            if study not in names or answer not in _ANSWERS:
                reason = "not an included study" if study not in names else "no judgement"
                imported.leave(place, "QUALITY_ITEM_DATA_ENTRY", answer or study, reason)
                continue
            yield {
                "trial_id": names[study],
                "tool": used,
                "endpoint": groups.get(entry.get("GROUP_ID", ""), ""),
                "domain": domain,
                "judgement": _ANSWERS[answer],
                "reason": one_line(" ".join(_child(entry, "DESCRIPTION"))),
            }


# What RevMan before 2011 called the domains that did not change.
_BEFORE: Final[Mapping[str, str]] = {
    "adequate sequence generation": "random sequence generation",
    "incomplete outcome data addressed": "incomplete outcome data",
    "free of selective reporting": "selective reporting",
    "free of other bias": "other bias",
}
_PAIR: Final = re.compile(
    r"(?:(?P<before>.+?) )?\((?P<what>judgement|judgment|support)\):?(?P<name>.*)"
)
# Of a domain that is judged by outcome, what stands for all of them.
_ALL: Final = re.compile(r"all(?: outcomes)?", re.IGNORECASE)


def package_rows(
    rows: Sequence[Cells], imported: Imported, tool: str = ""
) -> Iterator[dict[str, str]]:
    """Yield a row per judgement of the data package of a review.

    Parameters
    ----------
    rows : sequence of mapping
        Of risk-of-bias.csv: Study, and a pair of columns per domain, such as
        ``Domain (judgement): Allocation concealment`` and ``Domain (support): …``.
    imported : Imported
        Told what is no judgement of a domain.
    tool : str
        By default the one of the known tools that has the most of the domains.
    """
    if not rows:
        return
    pairs = {}
    for column in rows[0]:
        found = _PAIR.fullmatch(column)
        if found and found["what"] != "support":
            name = found["name"].strip() or found["before"] or ""
            pairs[column] = (name, re.sub(r"\(judge?ment\)", "(support)", column))
    fits = {
        name: sum(domain_of(name, _domain(text)[0]) is not None for text, _ in pairs.values())
        for name in TOOLS
    }
    used = tool_of(tool) or max(("Cochrane 2011", "RoB 2", "ROBINS-I"), key=fits.__getitem__)
    for column, (text, support) in pairs.items():
        domain, outcome = _domain(text)
        if domain_of(used, domain) is None:
            reason = f"{used} has no such domain"
            imported.leave("risk-of-bias.csv", "column", text, reason)
            continue
        for row in rows:
            if not row[column]:
                continue
            try:
                judgement = judgement_of(row[column])
            except ValueError as error:
                place = f"risk-of-bias.csv, {row['Study']}"
                imported.leave(place, text, row[column], str(error).partition(";")[0])
                continue
            yield {
                "trial_id": row["Study"],
                "tool": used,
                "endpoint": outcome or row.get("Outcome", ""),
                "domain": domain,
                "judgement": judgement,
                "reason": row.get(support, ""),
            }


def _in_package(path: Path, imported: Imported) -> list[dict[str, str]]:
    """Return the rows of the one table of judgements in a data package."""
    wanted = re.compile(r"risk-of-bias\.csv$", re.IGNORECASE)
    parts = read_archive(path.name, read_limited(path), wanted)
    if len(parts) != 1:
        message = f"the archive holds {len(parts)} tables of risk of bias; one is read"
        raise refuse(path.name, "package", message, "Give the data package of one review.")
    return read_csv(path.name, "risk-of-bias.csv", next(iter(parts.values())), ("Study",), imported)


def _domain(text: str) -> tuple[str, str]:
    """Split the name of a domain from the outcome that it is judged for."""
    name, _, outcome = text.rstrip("?").partition(":")
    outcome = outcome.strip()
    name = name.strip().rstrip("?")
    plain = re.sub(r"[^a-z ]", "", name.casefold()).strip()
    return _BEFORE.get(plain, name), "" if _ALL.fullmatch(outcome) else outcome


def _child(element: Element, tag: str) -> Iterator[str]:
    found = element.find(tag)
    return iter(()) if found is None else found.itertext()


def import_risk_of_bias(
    path: Path, tool: str = "", trials: Sequence[Cells] = (), endpoints: Iterable[str] = ()
) -> Imported:
    """Turn a file of judgements into rows of risk_of_bias.csv.

    Parameters
    ----------
    path, tool
        As of `read_judged`.
    trials : sequence of mapping
        Rows of trials.csv, whose ids, names and registrations studies are looked up by; without
        them ids are made of the names.
    endpoints : iterable of str
        Codes that a result may be judged for; a group of outcomes of another name is left out.
    """
    read = read_judged(path, tool)
    imported = Imported(left_out=list(read.left_out))
    add_judged(imported, read.judged, _ids(trials), endpoints)
    return imported


def add_judged(
    imported: Imported,
    judged: Iterable[Judged],
    ids: Mapping[str, str],
    endpoints: Iterable[str] = (),
) -> None:
    """Add judgements as long rows; what is of no known trial or endpoint is left out by name.

    Parameters
    ----------
    imported : Imported
    judged : iterable of Judged
    ids : mapping of str to str
        Name of a study in lower case to its trial_id; empty: ids are made of the names.
    endpoints : iterable of str
    """
    codes = {code.casefold(): code for code in endpoints}
    unknown: set[tuple[str, str]] = set()
    for one in judged:
        name, outcome = one.result
        trial_id = ids.get(name.casefold(), "") if ids else slug(name)
        endpoint = codes.get(outcome.casefold(), "")
        fault = ("", "")
        if not is_id(trial_id):
            fault = (name, "no trial of trials.csv has this id, name or registration")
        elif outcome and not endpoint:
            fault = (f"{name}: {outcome}", "no endpoint of the raw tables")
        if fault[1]:
            if fault not in unknown:
                unknown.add(fault)
                remedy = "Correct the name in the file, or add the rows by hand."
                imported.leave("judgements", "study", *fault, remedy)
            continue
        about = {name: one.row.get(name, "") for name in ("by", "when", "reason")}
        imported.add(
            TABLE,
            {
                **{"trial_id": trial_id, "endpoint": endpoint, "tool": one.tool},
                **{"domain": one.domain, "judgement": one.judgement},
                **about,
            },
        )


def _ids(trials: Iterable[Cells]) -> dict[str, str]:
    """Find trials by id, name and registration; a name of two trials finds none."""
    found: dict[str, str] = {}
    for row in trials:
        words = {row["trial_id"], row["trial"], slug(row["trial"]), *row["nct"].split(";")}
        for word in {one.strip().casefold() for one in words} - {""}:
            found[word] = (
                "" if found.get(word, row["trial_id"]) != row["trial_id"] else row["trial_id"]
            )
    return found
