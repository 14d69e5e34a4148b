"""Which file of ClinicalTrials.gov this is: a study record, or something without results."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from trialpool.intake.files import read_limited, refuse
from trialpool.intake.json_tree import Node, node, nodes, read_json, text

NCT: Final = re.compile(r"NCT\d{8}")
_RULE: Final = "ctgov-study"
_ADDRESS: Final = "https://clinicaltrials.gov/api/v2/studies/"


def read_study(path: Path) -> Node:
    """Read one study of API v2; a list or a search answer with one study is that study.

    Raises
    ------
    InputError
        If the file is something else; what it is, and what to download instead, is said.
    """
    start = read_limited(path)[:4096].lstrip(b"\xef\xbb\xbf \r\n\t")
    if start.startswith(b"<"):
        raise _markup(path, start.decode("utf-8", "replace"))
    if not start.startswith((b"{", b"[")) and re.match(
        rb'"?(?:NCT Number|Rank|nct_id|NCTId)"?\s*[,\t;]', start, re.IGNORECASE
    ):
        message = "a table of search results of the registry's web site: it holds no results"
        raise refuse(path.name, _RULE, message, _remedy(read_limited(path)))
    record = _one(path, read_json(path))
    nct = text(node(record, "protocolSection", "identificationModule"), "nctId")
    if not NCT.fullmatch(nct):
        retired = {"FullStudiesResponse", "StudyFieldsResponse", "FullStudy", "Study"} & set(record)
        message = (
            f"a record of the retired API ({min(retired)}), which has another form"
            if retired
            else "no protocolSection.identificationModule.nctId: not a study record of API v2"
        )
        raise refuse(path.name, _RULE, message, _remedy(read_limited(path)), value=nct)
    return record


def _one(path: Path, content: Any) -> Node:
    studies = nodes({"studies": content}, "studies") or nodes(content, "studies")
    if len(studies) == 1:
        return studies[0]
    if studies:
        message = f"{len(studies)} studies in one file, and a folder of tables is made of one"
        raise refuse(path.name, _RULE, message, _remedy(read_limited(path)))
    if not isinstance(content, dict):
        message = f"the file holds a {type(content).__name__}, not one record"
        raise refuse(path.name, "json-object", message, "Download one study as JSON.")
    return content


def _markup(path: Path, start: str) -> Exception:
    if re.search(r"<clinical_study\b", start):
        what = "a record in the registry's old XML, which was retired in June 2024"
    elif re.search(r"<(?:!doctype )?html\b", start, re.IGNORECASE):
        what = "a saved page of the web site, not the record behind it"
    elif re.search(r"<(?:search_results|FullStudiesResponse|StudyFieldsResponse)\b", start):
        what = "an answer of the registry's retired search in XML"
    else:
        what = "XML, not a study record of API v2"
    return refuse(path.name, _RULE, what, _remedy(start.encode()))


def _remedy(content: bytes) -> str:
    """Say what to download: the address of the study that the file is about, or of the first."""
    found = dict.fromkeys(NCT.findall(content[:2_000_000].decode("utf-8", "replace")))
    named = list(found)[:3] or ["NCT…"]
    more = f" and the {len(found) - 3} others" if len(found) > 3 else ""
    listed = ", ".join(f"{_ADDRESS}{nct}" for nct in named)
    return f"Download the JSON of each study: {listed}{more}."
