"""A bibliographic file merged into sources.csv: what is filled, what is only listed."""

from __future__ import annotations

import csv
import shutil

import pytest

from trialpool.findings import InputError
from trialpool.intake.merging import merge_references
from trialpool.intake.references import form_of

COLUMNS = ("source_id", "first_author", "year", "journal", "title", "doi", "pmid", "kind")
EMILIA = "Trastuzumab Emtansine for HER2-Positive Advanced Breast Cancer"


def source(source_id, **cells):
    return {**dict.fromkeys(COLUMNS, ""), "source_id": source_id, **cells}


def ris(path, *records):
    tags = {"author": "AU", "year": "PY", "title": "TI", "doi": "DO"}
    lines = []
    for record in records:
        lines.append("TY  - JOUR")
        lines += [f"{tags[name]}  - {text}" for name, text in record.items() if name in tags]
        if "pmid" in record:
            lines.append(f"UR  - https://pubmed.ncbi.nlm.nih.gov/{record['pmid']}/")
        lines.append("ER  - \n")
    path.write_text("\n".join(lines))
    return path


def merged(path, *rows):
    return merge_references(path, COLUMNS, rows)


def cells(found):
    return [(c.source_id, c.column, c.own, c.given, c.matched_by) for c in found]


@pytest.mark.parametrize(
    ("file", "form"),
    [
        ("references.ris", "ris"),
        ("references.bib", "bibtex"),
        ("references.nbib", "pubmed"),
        ("references.xml", "pubmed"),
    ],
)
def test_the_format_is_told_by_the_contents(fixtures, tmp_path, file, form):
    renamed = shutil.copy(fixtures / file, tmp_path / "export.txt")
    assert form_of(renamed) == form


def test_a_table_is_no_bibliographic_file(tmp_path):
    (tmp_path / "a.csv").write_text("source_id,doi\nx,10.1000/1\n")
    with pytest.raises(InputError, match="no references in a format"):
        form_of(tmp_path / "a.csv")


@pytest.mark.parametrize("file", ["references.ris", "references.nbib", "references.xml"])
def test_by_doi_whatever_its_case_empty_cells_are_filled(fixtures, file):
    own = source("emilia", doi="10.1056/nejmoa1209124", first_author="Verma S", kind="article")
    found = merged(fixtures / file, own)
    assert ("emilia", "pmid", "", "23020162", "DOI") in cells(found.filled)
    assert found.rows[0]["year"] == "2012"
    # Names are spelt in many ways, and a DOI is one whatever its case.
    assert (found.rows[0]["doi"], found.rows[0]["first_author"]) == (own["doi"], "Verma S")
    assert not [c for c in found.conflicts if c.column in ("doi", "first_author")]


def test_a_cell_that_says_something_else_stays_and_is_listed(tmp_path):
    file = ris(tmp_path / "a.ris", {"title": "T", "year": "2013", "doi": "10.1000/2", "pmid": "7"})
    found = merged(file, source("one", pmid="7", doi="10.1000/1", year="2012", title="T"))
    assert found.rows[0]["doi"] == "10.1000/1"
    assert found.rows[0]["year"] == "2012"
    assert cells(found.conflicts) == [
        ("one", "year", "2012", "2013", "PMID"),
        ("one", "doi", "10.1000/1", "10.1000/2", "PMID"),
    ]
    assert cells(found.filled) == [("one", "kind", "", "article", "PMID")]


def test_by_title_only_where_nothing_speaks_against_it(tmp_path):
    file = ris(
        tmp_path / "a.ris",
        {"title": f"{EMILIA.upper()}.", "author": "Verma, S", "year": "2012", "doi": "10.1000/1"},
    )
    known = {"title": EMILIA, "kind": "article"}
    assert merged(file, source("a", **known)).rows[0]["doi"] == "10.1000/1"
    # The abstract before the article has its title, and is another report.
    against = {
        "kind": source("a", title=EMILIA, kind="abstract"),
        "year": source("a", **known, year="2011"),
        "DOI": source("a", **known, doi="10.1000/2"),
    }
    for word, row in against.items():
        found = merged(file, row)
        assert found.rows == (row,)
        assert not found.filled
        assert [one.reason for one in found.not_merged] == [f"same title as a, but another {word}"]
    two = merged(file, source("a", **known), source("b", title=EMILIA, kind="abstract"))
    assert {c.source_id for c in two.filled} == {"a"}
    twice = merged(file, source("a", **known), source("b", **known))
    assert not twice.filled
    assert twice.not_merged[0].reason == "several sources have its title: a, b"


def test_identifiers_of_two_sources_fill_neither(tmp_path):
    file = ris(tmp_path / "a.ris", {"title": "T", "year": "2012", "doi": "10.1000/1", "pmid": "7"})
    rows = (source("one", doi="10.1000/1"), source("two", pmid="7"))
    found = merged(file, *rows)
    assert found.rows == rows
    assert "those of several sources: one, two" in found.not_merged[0].reason


def test_a_retraction_is_entered_in_the_names_of_the_table(tmp_path):
    file = tmp_path / "a.nbib"
    file.write_text(
        "PMID- 11\nTI  - A trial.\nAU  - Doe J\nDP  - 2018\nPT  - Journal Article\n"
        "PT  - Retracted Publication\nRRI - J Clin Oncol. 2021. PMID: 12\n\n"
        "PMID- 12\nTI  - The same trial.\nAU  - Doe J\nDP  - 2021\nPT  - Journal Article\n"
        "RRF - J Clin Oncol. 2018. PMID: 11\n"
    )
    found = merged(file, source("first", pmid="11"), source("second", pmid="12"))
    first = next(row for row in found.rows if row["source_id"] == "first")
    assert (first["status"], first["replaced_by"]) == ("retracted", "second")
    assert {"status", "replaced_by"} <= set(found.columns)


@pytest.fixture
def raw(tmp_path):
    folder = tmp_path / "raw"
    folder.mkdir()
    with (folder / "sources.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerow(source("emilia", doi="10.1056/NEJMoa1209124", kind="article"))
        writer.writerow(source("other", title="Other, with a comma", kind="article"))
    return folder


def test_the_command_writes_a_new_file_or_the_table_and_else_nothing(
    run, run_json, raw, fixtures, tmp_path
):
    table, file = raw / "sources.csv", fixtures / "references.ris"
    before = table.read_bytes()
    said = run_json("sources", "--raw", raw, "--merge", file)
    assert said["written"] is None
    assert table.read_bytes() == before
    assert {c["column"] for c in said["filled"]} >= {"pmid", "title", "year"}
    new = tmp_path / "new" / "sources.csv"
    assert run("sources", "--raw", raw, "--merge", file, "-o", new).exit_code == 0
    assert table.read_bytes() == before
    # Rows that nothing was filled in are the same bytes.
    assert new.read_bytes().splitlines()[2] == before.splitlines()[2]
    refused = run("sources", "--raw", raw, "--merge", file, "-o", new)
    assert isinstance(refused.exception, InputError)
    assert run("sources", "--raw", raw, "--merge", file, "--write").exit_code == 0
    assert table.read_bytes() == new.read_bytes()
    again = run_json("sources", "--raw", raw, "--merge", file)
    assert (again["filled"], again["conflicts"]) == ([], [])


@pytest.mark.parametrize("options", [["--write"], ["-o", "x.csv"], ["--merge", "f", "--write"]])
def test_options_that_do_not_go_together(run, options, tmp_path):
    if "--merge" in options:
        options = [*options, "-o", str(tmp_path / "x.csv")]
    assert run("sources", *options).exit_code == 2
