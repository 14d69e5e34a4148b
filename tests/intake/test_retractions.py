"""Retractions and corrections of bibliographic records arrive in sources.csv."""

from __future__ import annotations

import pytest

from trialpool.intake.merging import merge_references
from trialpool.intake.references import import_references
from trialpool.intake.retractions import fate_of

# A retracted article and its new version, one with an erratum, one that only a notice tells of.
RECORDS = {
    "old": [
        "PMID- 10",
        "TI  - Phase III trial of dual blockade.",
        "AU  - Author C",
        "DP  - 2018 Mar",
        "TA  - Journal",
        "PT  - Journal Article",
        "PT  - Retracted Publication",
        "RRI - Journal. 2021 Jan 1;39(1):79-89. PMID: 11",
    ],
    "new": [
        "PMID- 11",
        "TI  - Phase III trial of dual blockade, again.",
        "AU  - Author C",
        "DP  - 2021 Jan",
        "TA  - Journal",
        "PT  - Journal Article",
    ],
    "corrected": [
        "PMID- 1",
        "TI  - Another trial.",
        "AU  - Author A",
        "DP  - 2020",
        "PT  - Journal Article",
        "EIN - Journal. 2021;1:2. PMID: 5",
    ],
    "notice": [
        "PMID- 3",
        "TI  - Retraction: A third trial.",
        "AU  - Editor A",
        "DP  - 2020",
        "PT  - Retraction of Publication",
        "ROF - Journal. 2019;1:1. PMID: 2",
    ],
    "third": [
        "PMID- 2",
        "TI  - A third trial.",
        "AU  - Author B",
        "DP  - 2019",
        "PT  - Journal Article",
    ],
}
LINKS = {"RRI": "RetractedandRepublishedIn", "EIN": "ErratumIn", "ROF": "RetractionOf"}


def as_nbib(names):
    return "\n\n".join("\n".join(RECORDS[name]) for name in names) + "\n"


def as_xml(names):
    articles = []
    for name in names:
        cells = [(line[:4].strip(), line[6:]) for line in RECORDS[name]]
        first = dict(reversed(cells))
        types = "".join(f"<PublicationType>{v}</PublicationType>" for t, v in cells if t == "PT")
        links = "".join(
            f'<CommentsCorrections RefType="{LINKS[t]}"><PMID>{v.split()[-1]}</PMID>'
            "</CommentsCorrections>"
            for t, v in cells
            if t in LINKS
        )
        articles.append(
            f"<PubmedArticle><MedlineCitation><PMID>{first['PMID']}</PMID><Article>"
            f"<Journal><JournalIssue><PubDate><Year>{first['DP'][:4]}</Year></PubDate>"
            f"</JournalIssue></Journal><ArticleTitle>{first['TI']}</ArticleTitle><AuthorList>"
            f"<Author><LastName>{first['AU'].split()[0]}</LastName></Author></AuthorList>"
            f"<PublicationTypeList>{types}</PublicationTypeList></Article>"
            f"<CommentsCorrectionsList>{links}</CommentsCorrectionsList>"
            "</MedlineCitation></PubmedArticle>"
        )
    return f"<PubmedArticleSet>{''.join(articles)}</PubmedArticleSet>"


def read(tmp_path, text, form="pubmed"):
    path = tmp_path / "file"
    path.write_text(text, encoding="utf-8")
    imported = import_references(path)
    rows = imported.ordered_tables()["sources"]
    places = {row["source_id"]: row.get("title", "") for row in rows}
    found = {
        row["title"]: (row.get("status", ""), places.get(row.get("replaced_by", ""), ""))
        for row in rows
    }
    return found, [(entry.place, entry.element) for entry in imported.left_out]


@pytest.mark.parametrize("write", [as_nbib, as_xml])
def test_pubmed_tells_status_replacement_and_notices(tmp_path, write):
    found, left = read(tmp_path, write(RECORDS))
    assert found == {
        "Phase III trial of dual blockade.": (
            "retracted",
            "Phase III trial of dual blockade, again.",
        ),
        "Phase III trial of dual blockade, again.": ("", ""),
        "Another trial.": ("corrected", ""),
        "A third trial.": ("retracted", ""),
    }
    assert [element for _, element in left] == ["notice: retracted"]


def test_a_replacement_that_the_file_lacks_is_named(tmp_path):
    found, left = read(tmp_path, as_nbib(["old"]))
    assert found == {"Phase III trial of dual blockade.": ("retracted", "")}
    assert left == [("record 1", "replaced_by")]


def test_ris_and_bibtex_tell_it_in_the_title(tmp_path):
    ris = "".join(
        f"TY  - JOUR\nAU  - Author, A.\nPY  - 2020\nTI  - {title}\nER  - \n"
        for title in ("RETRACTED: First trial", "Second trial", "Retraction: Second trial", "Third")
    )
    found, left = read(tmp_path, ris, "ris")
    assert found == {
        "RETRACTED: First trial": ("retracted", ""),
        "Second trial": ("retracted", ""),
        "Third": ("", ""),
    }
    assert left == [("record 3", "notice: retracted")]
    bib = "@article{a, author={Author, A.}, year=2020, title={[Retracted] A trial}}\n"
    assert read(tmp_path, bib, "bibtex")[0] == {"[Retracted] A trial": ("retracted", "")}


COLUMNS = ("source_id", "first_author", "year", "journal", "title", "doi", "pmid", "kind")
OLD = {"source_id": "author2018", "pmid": "10", "title": "Phase III trial of dual blockade"}
NEW = {"source_id": "author2021", "pmid": "11"}
THIRD = {"source_id": "author2019", "pmid": "2", "title": "A third trial"}
BOTH = {"author2018": ("retracted", "author2021"), "author2021": ("", "")}


@pytest.mark.parametrize(
    ("records", "rows", "expected"),
    [
        # Both in the file, under other names than in the table.
        (["old", "new"], [OLD, NEW], BOTH),
        # The file has the retracted report alone; what takes its place is in the table.
        (["old"], [OLD, NEW], BOTH),
        # The table does not have what takes its place.
        (["old", "new"], [OLD], {"author2018": ("retracted", "")}),
        # The file has the notice alone.
        (["notice"], [THIRD], {"author2019": ("retracted", "")}),
        (["notice", "third"], [THIRD], {"author2019": ("retracted", "")}),
        (["notice"], [OLD], {"author2018": ("", "")}),
        (["corrected"], [{**NEW, "pmid": "1"}], {"author2021": ("corrected", "")}),
        # What the table says stays, and is listed.
        (["notice"], [{**THIRD, "status": "corrected"}], {"author2019": ("corrected", "")}),
    ],
)
@pytest.mark.parametrize("write", [as_nbib, as_xml])
def test_a_merge_keeps_status_and_replacement(tmp_path, write, records, rows, expected):
    path = tmp_path / "file"
    path.write_text(write(records), encoding="utf-8")
    columns = (*COLUMNS, *(["status"] if "status" in rows[0] else []))
    table = [{**dict.fromkeys(columns, ""), **row} for row in rows]
    merged = merge_references(path, columns, table)
    found = {
        row["source_id"]: (row.get("status", ""), row.get("replaced_by", "")) for row in merged.rows
    }
    assert found == expected
    assert [(cell.own, cell.given) for cell in merged.conflicts if cell.column == "status"] == (
        [("corrected", "retracted")] if "status" in rows[0] else []
    )


def test_a_notice_by_title_marks_the_source_of_that_title(tmp_path):
    path = tmp_path / "notice.ris"
    path.write_text("TY  - JOUR\nPY  - 2020\nTI  - Retraction: A third trial\nER  - \n")
    table = [{**dict.fromkeys(COLUMNS, ""), **row} for row in (THIRD, OLD)]
    merged = merge_references(path, COLUMNS, table)
    assert [(c.source_id, c.column, c.given, c.matched_by) for c in merged.filled] == [
        ("author2019", "status", "retracted", "title")
    ]


@pytest.mark.parametrize(
    "title",
    [
        "Correction of anaemia in heart failure",
        "Retraction of the tumour bed",
        "Withdrawn patients in trials: a review",
        "Retracted trials and their meta-analyses",
    ],
)
def test_titles_about_such_things_are_no_notices(title):
    fate = fate_of(title)
    assert (fate.status, fate.notice) == ("", "")


@pytest.mark.parametrize(
    ("title", "status"),
    [
        ("Correction to: A trial", "corrected"),
        ("Erratum: A trial", "corrected"),
        ("Retraction notice to: A trial", "retracted"),
        ("Retraction Note: A trial", "retracted"),
    ],
)
def test_notices_by_title(title, status):
    fate = fate_of(title)
    assert (fate.notice, fate.about_title) == (status, "A trial")
