"""Files of other kinds are told what they are, and what reads them."""

from __future__ import annotations

import io
import zipfile

import pytest

from trialpool.findings import InputError
from trialpool.intake.kinds import UNKNOWN, expect, kind_of


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return buffer.getvalue()


CTGOV_OLD = b'<?xml version="1.0"?>\n<clinical_study>\n<!-- see our policies --></clinical_study>'
DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD" "x.dtd">'
FILES = {
    "rm5": b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made by hand -->\n<COCHRANE_REVIEW TYPE="X">',
    "ctgov-xml": CTGOV_OLD,
    "ctgov-csv": b'NCT Number,Study Title,Study URL,Acronym,Study Status\r\nNCT01,"A",x,,DONE\r\n',
    "ctgov-json": b'{"protocolSection": {"identificationModule": {}}}',
    "pubmed-xml": DOCTYPE + b"<PubmedArticleSet><PubmedArticle/></PubmedArticleSet>",
    "endnote-xml": b"<xml><records><record/></records></xml>",
    "revman-table": b"\xef\xbb\xbfAnalysis group,Analysis number,Study\r\n1,1,A\r\n",
    "revman-csv": b"Comparison Number,Outcome Number,Subgroup Number,Name\n1,1,0,A\n",
    "cochrane-search": b'"Cochrane Review ID","Author(s)","Title"\n"CD1","A","B"\n',
    "html-cochrane": b"<!DOCTYPE html><html><head><title>A | Cochrane Library</title></html>",
    "html": b"\n<html><body>Sign in</body></html>",
    "ris": b"\xef\xbb\xbfTY  - JOUR\r\nTI  - A\r\nER  - \r\n",
    "nbib": b"\nPMID- 12345\nOWN - NLM\n",
    "bibtex": b"% saved\n@article{a,\n title={A}}\n",
    "pdf": b"%PDF-1.7\n",
    "xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on",
    "archive": b"\x1f\x8b\x08\x00",
    "revman-package": zipped("CD1-analysis-data/CD1-data-rows.csv"),
    "xlsx": zipped("[Content_Types].xml", "xl/workbook.xml"),
    "docx": zipped("[Content_Types].xml", "word/document.xml"),
    "zip": zipped("holiday.jpg"),
}


@pytest.mark.parametrize("name", FILES)
def test_kinds_are_told_from_what_a_file_holds(tmp_path, name):
    path = tmp_path / "file.dat"
    path.write_bytes(FILES[name])
    found = kind_of(path)
    assert found.name == name
    assert found.words
    assert found.remedy


@pytest.mark.parametrize(
    "content", [b"study,yi,vi\nA,0.1,0.2\n", b"plain text", b"<REVIEW/>", b'{"a": 1}', b"\x00\x01"]
)
def test_what_cannot_be_told_is_left_to_its_reader(tmp_path, content):
    path = tmp_path / "file.dat"
    path.write_bytes(content)
    assert kind_of(path) is UNKNOWN
    assert kind_of(tmp_path / "none") is UNKNOWN


def test_a_format_of_revman_4_is_known_by_its_name(tmp_path):
    path = tmp_path / "review.mtv"
    path.write_bytes(b"anything")
    assert kind_of(path).name == "revman4"


@pytest.mark.parametrize("name", FILES)
def test_what_a_reader_does_not_expect_is_refused(tmp_path, name):
    path = tmp_path / "file.dat"
    path.write_bytes(FILES[name])
    expect(path, "rm5", name)
    with pytest.raises(InputError) as caught:
        expect(path, "none of them")
    [finding] = caught.value.findings
    assert finding.rule == "file-kind"
    assert finding.message == f"the file is {kind_of(path).words}"


@pytest.mark.parametrize(
    ("command", "name"),
    [
        *(("rm5", "ctgov-xml"), ("revman", "revman-csv"), ("ctgov", "rm5")),
        *(("references", "html"), ("ris", "cochrane-search"), ("excel", "xls")),
        ("risk-of-bias", "pdf"),
    ],
)
def test_every_importer_says_what_the_file_is(run, tmp_path, command, name):
    path = tmp_path / "file.dat"
    path.write_bytes(FILES[name])
    done = run("import", command, path, "--out", tmp_path / "out")
    assert isinstance(done.exception, InputError)
    assert [finding.rule for finding in done.exception.findings] == ["file-kind"]
    assert not (tmp_path / "out").exists()
