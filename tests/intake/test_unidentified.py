"""Which used sources lack a DOI or a PubMed number."""

from __future__ import annotations

import json

from trialpool.evidence.schemas import TABLES
from trialpool.evidence.tables import LINE, Evidence, RawTable
from trialpool.intake.unidentified import unidentified


def evidence(**tables):
    read = {}
    for name, rows in tables.items():
        columns = tuple(column.name for column in TABLES[name].columns)
        blank = dict.fromkeys(columns, "")
        read[name] = RawTable(columns, tuple({**blank, **row, LINE: 2} for row in rows))
    return Evidence(read)


def test_used_sources_only_pooled_first_then_by_what_they_lack():
    sources = [
        {"source_id": "whole", "doi": "10.1000/1", "pmid": "1"},
        {"source_id": "unused"},
        {"source_id": "often", "doi": "10.1000/2"},
        {"source_id": "bare"},
        {"source_id": "pooled", "pmid": "3"},
        {"source_id": "curve", "doi": "10.1000/4"},
    ]
    cited = ("whole", "often", "often", "bare", "pooled")
    rows = [{"row_id": str(n), "source_id": name} for n, name in enumerate(cited)]
    # A curve is known by the PubMed number of its report: no row cites it, a pool does.
    found = unidentified(evidence(sources=sources, time_to_event=rows), {"pooled", "curve"})
    assert [(one.source_id, one.missing, one.rows, one.is_pooled) for one in found] == [
        ("pooled", ("doi",), 1, True),
        ("curve", ("pmid",), 0, True),
        ("bare", ("doi", "pmid"), 1, False),
        ("often", ("pmid",), 2, False),
    ]


def test_the_command_prints_text_and_json(run):
    done = run("sources", "--json")
    assert done.exit_code == 0, done.output
    listed = json.loads(done.stdout)["sources"]
    assert {"alba2014bjc"} <= {one["source_id"] for one in listed}
    lines = run("sources").stdout.splitlines()
    assert lines[-1].startswith(f"{len(listed)} of ")
    assert any(line.startswith("alba2014bjc: no DOI and PMID (") for line in lines)
