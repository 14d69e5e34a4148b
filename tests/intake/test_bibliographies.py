"""What programs write into bibliographic files: names, identifiers, kinds, encodings, formats."""

from __future__ import annotations

import time

import pytest

from trialpool.findings import InputError
from trialpool.intake.bibliographies.bibtex import decoded, first_author
from trialpool.intake.bibliographies.reference import clean_doi, family_name
from trialpool.intake.references import form_of, import_references


@pytest.fixture
def read(tmp_path):
    """Import texts or bytes as files; rows of sources.csv and what was left out."""

    def call(*contents: str | bytes):
        paths = []
        for number, content in enumerate(contents):
            path = tmp_path / f"file{number}"
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            paths.append(path)
        imported = import_references(*paths)
        return imported.tables.get("sources", []), imported.left_out

    return call


def told(left):
    return [(entry.place, entry.element) for entry in left]


def cells(rows, *names):
    return [tuple(row[name] for name in names) for row in rows]


def test_ris_of_reviewers_central_embase_and_zotero(fixtures):
    imported = import_references(fixtures / "cases" / "s1.ris")
    names = ("first_author", "year", "doi", "pmid", "kind")
    assert cells(imported.tables["sources"], *names) == [
        ("Brownstein", "2024", "10.1000/a_b", "", "article"),
        ("Bywater", "2011", "", "21314913", "article"),
        ("Krop", "2022", "", "", "abstract"),
        ("", "2016", "", "", "registry"),
        ("Verma", "2012", "10.1056/NEJMoa1209124", "", "article"),
        ("Verma", "2012", "", "", "article"),
        ("Baselga", "2012", "", "22149876", "article"),
    ]
    assert told(imported.left_out) == [("record 6", "perhaps a duplicate")]
    assert imported.tables["sources"][3]["journal"] == "ClinicalTrials.gov (NCT01234567)"


def test_ris_of_other_programs(read):
    rows, left = read(
        "1.\nTY  - JOUR\nA1  - National Institute of Testing, London\nT1  - One\nY1  - 2020/05//\n"
        "JF  - Test J\nAN  - L2015467890\nDB  - Embase\nM3  - Conference Paper\nER  - \n\n2.\n"
        " TY - JOUR\nAU - van der Berg J.P.\nTI - Two\nPY - 2021\nAN - PMID:35123456\nDB - Embase\n"
        "UR - https://doi.org/10.1000%2Ftwo.2\nER -\n"
        "TY  - JOUR\nAU  - Li, X\nTI  - Abstract P1-08-09: Three\nPY  - 2021\nAN  - 201512345\n"
        "C2  - PMC1234567\nN1  - PMCID: PMC1234567; PMID: 111 and PMID: 222\nER  - \n"
        "TY  - JOUR\nA1  - Eloubeidi M.A.\nT1  - Five\nY1  - 2004\nC5  - 15368318\nDB  - Embase\n"
        "DB  - Medline\nLK  - http://sfx.example.org/?id=doi:10.1002%2Fcncr.20369&a=E\nER  - \n"
        "TY  - JOUR\nAU  - Lo, Y\nTI  - Four\nPY  - 2021\nAN  - 12345678\nDB  - ProQuest\nER  - \n"
    )
    assert cells(rows, "first_author", "doi", "pmid", "kind") == [
        ("National Institute of Testing, London", "", "", "abstract"),
        ("van der Berg", "10.1000/two.2", "35123456", "article"),
        ("Li", "", "", "abstract"),
        ("Eloubeidi", "10.1002/cncr.20369", "15368318", "article"),
        ("Lo", "", "", "article"),  # A number of ProQuest is none of PubMed's.
    ]
    assert told(left) == [("record 3", "PMID")]


def test_ris_of_ovid(read):
    """What Ovid writes between records is none; what a report cites is not its own."""
    one = (
        "{n}.\nTY  - JOUR\nT1  - Number {n}\nA1  - Trindade, Ines A\nY1  - 2019//\nJF  - J\n"
        "M3  - Health Treatment [3300]\nM1  - Cohen, J. Another. http://dx.doi.org/10.1000/cited\n"
        "ER  -\nNL  - J Short\n\nLink to the Ovid Full Text or citation: https://x.org/?AN=1\n\n"
    )
    rows, left = read(one.format(n=1) + one.format(n=2))
    assert cells(rows, "first_author", "year", "doi", "kind") == [
        ("Trindade", "2019", "", "article"),
        ("Trindade", "2019", "", "article"),
    ]
    assert left == []


def test_bibtex_names_keys_notes_and_latex(fixtures):
    imported = import_references(fixtures / "cases" / "s1.bib")
    rows = {row["source_id"]: row for row in imported.tables["sources"]}
    assert [row["first_author"] for row in rows.values()] == [
        "Early Breast Cancer Trialists' Collaborative Group (EBCTCG)",
        *("van 't Veer", "Müller", "FDA", "Smith", "Nguyễn", "Piccart-Gebhart", "Slamon", "Doe"),
        *("A", "C", "Krop", "del Castillo", "von Minckwitz", "von Minckwitz", "Verma"),
    ]
    veer = rows["van-t-veer2010journal-of-clinical-oncology"]
    assert veer["title"] == "A n-gram of 5 % and α"
    assert veer["doi"] == "10.1007/978-3-319-15326-1_7"
    suppl = rows["muller2019j-clin-oncol"]
    assert (suppl["doi"], suppl["pmid"]) == ("10.1200/JCO.2019.37.15_suppl.1000", "31136302")
    assert suppl["title"] == "Title with {braces} & co"
    assert rows["nguyen2018ann-oncol"]["doi"] == "10.1093/annonc/mdy123"
    assert rows["piccart-gebhart2005nejm"]["pmid"] == "16236737"
    assert rows["slamon2011nejm"]["doi"] == "10.1056/NEJMoa0910383"
    assert rows["krop2022cancer-research"]["kind"] == "abstract"
    assert told(imported.left_out) == [
        ("line 12", "key"),
        ("line 5, entry web1", "year"),
        ("line 5, entry web1", "kind"),
        ("line 6, entry noyear", "year"),
        ("line 10, entry pre", "kind"),
        ("line 14, entry del", "year"),
    ]


def test_bibtex_of_biblatex_and_pubmed_eprints(read):
    rows, left = read(
        "@string{ann = {Ann. Oncol.}}\n"
        "@article{one, author = {{The {PATH} Study Group} and Lee, A}, title = {50% of {X} & Y},"
        " journal = ann, date = {2019-02}, eprint = {22149876}, eprinttype = {pubmed}}\n"
        "@article{one, author = {d'Angelo, Marco}, title = {Two}, journal = ann, year = 2020,"
        " note = {Conference abstract}}\n"
    )
    assert cells(rows, "first_author", "title", "journal", "pmid", "kind") == [
        ("The PATH Study Group", "50% of X & Y", "Ann. Oncol.", "22149876", "article"),
        ("d'Angelo", "Two", "Ann. Oncol.", "", "abstract"),
    ]
    assert told(left) == [("line 3", "key")]


@pytest.mark.parametrize(
    ("names", "family"),
    [
        ("{EBCTCG}", "EBCTCG"),
        ("Laura J. van 't Veer and others", "van 't Veer"),
        ("von Minckwitz, Gunter", "von Minckwitz"),
        ("Charles de la Vall{\\'e}e Poussin", "de la Vallée Poussin"),
        ("{National Cancer Institute, Canada} and Lee, A", "National Cancer Institute, Canada"),
        ('{\\"O}zcan, A. and B, C', "Özcan"),
        ("Jean Luc Picard", "Picard"),
        ("Sand and Pepper, A", "Sand"),
        ("", ""),
    ],
)
def test_names_as_bibtex_reads_them(names, family):
    assert first_author(names) == family


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Verma, Sunil", "Verma"),
        ("Brownstein C D", "Brownstein"),
        ("Jones A.", "Jones"),
        ("van 't Veer LJ", "van 't Veer"),
        ("NMSS Validation Group,", "NMSS Validation Group"),
        ("Ministry of Health, Chile", "Ministry of Health, Chile"),
        ("Madonna", "Madonna"),
        ("X", "X"),
    ],
)
def test_names_of_other_formats(name, family):
    assert family_name(name) == family


SICI = "10.1002/(SICI)1097-0258(1998)17:15<1661::AID-1>3.0.CO;2-2"


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("doi:10.1000/x", "10.1000/x"),
        ("DOI: 10.1000/x.", "10.1000/x"),
        ("https://dx.doi.org/10.1000/x%2Fy", "10.1000/x/y"),
        ("http://doi-org.proxy.example/10.1000/(a)1", "10.1000/(a)1"),
        (SICI, SICI),
        ("10.1000/a_b     LK  - https://x.org", "10.1000/a_b"),
        ("handbook", "handbook"),
        ("see 10.1000/x", "see 10.1000/x"),
    ],
)
def test_dois(text, doi):
    assert clean_doi(text) == doi


def test_latex_is_text():
    assert decoded(r"{\'E}tude {\&} \textit{in vivo}, p $<$ 0.05, 5\,\%") == (
        "Étude & in vivo, p < 0.05, 5 %"
    )


def test_web_of_science(fixtures, read):
    text = (fixtures / "cases" / "wos.ciw").read_text(encoding="utf-8")
    rows, left = read(text)
    assert cells(rows, "first_author", "title", "doi", "pmid", "kind") == [
        ("Kowalski", "Mapping of trials", "10.1007/s11192-021-04001-1", "33333333", "article"),
        ("Rossi", "A poster", "", "", "abstract"),
    ]
    assert left == []
    rows, left = read(text.replace("ER\n\nPT", "PT"))
    assert (len(rows), told(left)) == (1, [("record 1", "record")])


def test_endnote(fixtures, read):
    rows, left = read((fixtures / "cases" / "endnote.enw").read_bytes())
    assert cells(rows, "first_author", "title", "doi", "pmid", "kind") == [
        ("Ruiz-Borrego", "Trial of something", "10.1000/enw", "31312345", "article"),
        ("Higgins", "Handbook", "", "", ""),
    ]
    assert told(left) == [("record 2", "kind")]
    path = fixtures / "cases" / "endnote.xml"
    rows, left = read(path.read_bytes())
    assert cells(rows, "first_author", "title", "journal", "year", "doi", "pmid", "kind") == [
        ("van 't Veer", "Gene x", "Nature", "2002", "10.1038/415530a", "11823860", "article"),
        ("Lee", "Talk", "", "2020", "", "", "abstract"),
    ]
    assert left == []
    assert form_of(path) == "pubmed"


RIS = "TY  - JOUR\nAU  - Müller, É.\nTI  - Größe\nPY  - 2020\nDO  - 10.1000/1\nER  - \n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(read, encoding):
    rows, left = read(RIS.encode(encoding))
    assert cells(rows, "first_author", "title") == [("Müller", "Größe")]
    assert told(left) == ([("line 2", "encoding")] if encoding == "cp1252" else [])


def test_utf_8_with_a_damaged_byte_is_refused(read):
    with pytest.raises(InputError, match="utf-8"):
        read(RIS.encode().replace("ß".encode(), b"\xc3"))


def test_duplicates_across_files_are_named(read):
    other = "@article{m, author = {Müller, E}, title = {Size}, year = 2020, doi = {10.1000/1}}\n"
    rows, left = read(RIS, other, "PMID- 5\nTI  - Größe\nFAU - Müller, E\nDP  - 2020\n")
    assert [row["source_id"] for row in rows] == ["muller2020", "muller2020-2"]
    assert told(left) == [
        ("file1, line 1, entry m", "duplicate"),
        ("file2, record 1", "kind"),
    ]


def test_a_file_without_references_among_others_is_refused(read):
    with pytest.raises(InputError, match="references-form"):
        read(RIS, "a,b\n1,2\n")


def test_time_is_linear_in_references(read):
    def seconds(n):
        records = (RIS.replace("/1", f"/{at}").replace("Größe", f"T{at}") for at in range(n))
        content = "".join(records)
        begun = time.process_time()
        rows, _ = read(content)
        assert len({row["source_id"] for row in rows}) == n
        return time.process_time() - begun

    seconds(10)
    # Quadratic time would be sixteen times as much.
    assert seconds(4000) < 10 * max(seconds(1000), 0.05)
