"""RIS, BibTeX and PubMed files as sources.csv; no record is lost without a word."""

from __future__ import annotations

import pytest

from trialpool.evidence.reading import read_evidence
from trialpool.findings import InputError
from trialpool.intake.references import import_references

EMILIA = ("Verma", "2012", "N Engl J Med", "10.1056/NEJMoa1209124", "23020162", "article")
COLUMNS = ("first_author", "year", "journal", "doi", "pmid", "kind")


def sources(imported):
    return [tuple(row[name] for name in COLUMNS) for row in imported.tables["sources"]]


def test_ris(fixtures):
    imported = import_references(fixtures / "references.ris")
    assert sources(imported) == [
        EMILIA,
        *[("André", "2014", "The Lancet Oncology", "10.1016/S1470-2045(14)70138-X", "", "article")],
        ("Higgins", "2019", "", "", "", ""),
        ("Blackwell", "2012", "ASCO Annual Meeting", "", "", "abstract"),
    ]
    rows = imported.tables["sources"]
    assert rows[1]["title"].endswith("HER2-positive, advanced breast cancer (BOLERO-3)")
    assert [row["source_id"] for row in rows] == [
        "verma2012n-engl-j-med",
        "andre2014the-lancet-oncology",
        "higgins2019",
        "blackwell2012asco-annual-meeting",
    ]
    assert [(entry.place, entry.element) for entry in imported.left_out] == [
        ("record 3", "duplicate"),
        ("record 4", "DOI"),
        ("record 4", "kind"),
        ("record 5", "record"),
    ]


def test_bibtex(fixtures):
    imported = import_references(fixtures / "references.bib")
    assert [row[:3] for row in sources(imported)] == [
        ("André", "2014", "Lancet Oncol"),
        ("Blackwell", "2012", "ASCO Annual Meeting"),
        ("Higgins", "2019", ""),
        ("Twice", "2014", ""),
    ]
    assert imported.tables["sources"][1]["title"] == "Primary results from EMILIA"
    assert [(entry.place, entry.element) for entry in imported.left_out] == [
        ("line 10", "key"),
        ("line 11", "entry"),
        ("line 9, entry handbook", "kind"),
    ]


@pytest.mark.parametrize("file", ["references.nbib", "references.xml"])
def test_pubmed(fixtures, file):
    imported = import_references(fixtures / file)
    assert sources(imported)[0] == EMILIA
    title = imported.tables["sources"][0]["title"]
    assert title == "Trastuzumab emtansine for HER2-positive advanced breast cancer."
    assert imported.left_out == []


def test_nbib_takes_the_doi_among_other_identifiers(fixtures):
    imported = import_references(fixtures / "references.nbib")
    assert sources(imported)[1] == (
        *("Andre", "2014", "Lancet Oncol", "10.1016/S1470-2045(14)70138-X", "24742739"),
        "article",
    )


@pytest.mark.parametrize(
    ("command", "file", "count"),
    [
        ("ris", "references.ris", 4),
        ("bibtex", "references.bib", 4),
        ("pubmed", "references.nbib", 2),
    ],
)
def test_round_trip(fixtures, run, tmp_path, command, file, count):
    out = tmp_path / "new"
    assert run("import", command, fixtures / file, "--out", out).exit_code == 0
    done = run("check-row", out)
    assert done.exit_code == 0, done.output
    # EMILIA's article stands in data/raw under its own id.
    assert "[source-once]" in done.stdout
    assert len(read_evidence(out, ["sources"]).rows("sources")) == count


@pytest.mark.parametrize(
    "content", [b"nothing of the kind", b"\xff\xfe", b"", b"\x00", b"<a/>", b"@x{"]
)
def test_other_files_are_refused_or_named(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    if content == b"@x{":
        assert [entry.element for entry in import_references(path).left_out] == ["entry"]
    else:
        with pytest.raises(InputError):
            import_references(path)


def test_records_keep_their_bounds(tmp_path):
    """A record without its end must not swallow the next."""
    path = tmp_path / "file.ris"
    whole = "TY  - JOUR\nAU  - Right, A.\nTI  - Whole\nPY  - 2020\nER  - \n"
    path.write_text(f"TY  - JOUR\nAU  - Cut, B.\nTI  - Cut\n{whole}{whole}", encoding="utf-8")
    imported = import_references(path)
    assert [row["source_id"] for row in imported.tables["sources"]] == ["right2020", "right2020-2"]
    assert [(entry.place, entry.element) for entry in imported.left_out] == [
        ("record 1", "record"),
        ("record 3", "perhaps a duplicate"),
    ]
