"""Citations: every kind of source and every gap against text written by hand."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool.cache import FOLDER
from trialpool.evidence import citations
from trialpool.evidence.citations import STYLE, cite, csl_item, without_identifier

COLUMNS = ("first_author", "title", "journal", "year", "doi", "pmid")
ROOT = Path(__file__).resolve().parents[2]


def row(kind: str, *cells: str) -> dict[str, str]:
    return {"source_id": "s1", "kind": kind, **dict(zip(COLUMNS, cells, strict=True))}


FULL = [
    row("article", "Swain SM", "Pertuzumab in HER2+", "Lancet Oncol", "2020", "10.1/ab", "32"),
    row("abstract", "Xu", "PUFFIN: phase III", "ASCO (1026)", "2019", "10.1/cd", "77"),
    row("registry", "Genentech", "Herceptin label, Study 5", "FDA label", "2018", "10.1/ef", "9"),
]  # fmt: skip
WRITTEN = {
    ("article", ""): "Swain SM. Pertuzumab in HER2+. Lancet Oncol 2020. doi:10.1/ab PMID 32",
    ("article", "first_author"): "Pertuzumab in HER2+. Lancet Oncol 2020. doi:10.1/ab PMID 32",
    ("article", "title"): "Swain SM. Lancet Oncol 2020. doi:10.1/ab PMID 32",
    ("article", "journal"): "Swain SM. Pertuzumab in HER2+. 2020. doi:10.1/ab PMID 32",
    ("article", "year"): "Swain SM. Pertuzumab in HER2+. Lancet Oncol. doi:10.1/ab PMID 32",
    ("article", "journal year"): "Swain SM. Pertuzumab in HER2+. doi:10.1/ab PMID 32",
    ("article", "doi"): "Swain SM. Pertuzumab in HER2+. Lancet Oncol 2020. PMID 32",
    ("article", "pmid"): "Swain SM. Pertuzumab in HER2+. Lancet Oncol 2020. doi:10.1/ab",
    ("article", "doi pmid"): "Swain SM. Pertuzumab in HER2+. Lancet Oncol 2020.",
    ("article", "first_author journal year doi pmid"): "Pertuzumab in HER2+.",
    ("article", "title journal year doi pmid"): "Swain SM.",
    ("article", "first_author title journal year"): "doi:10.1/ab PMID 32",
    ("article", "first_author title journal year doi pmid"): "s1",
    ("abstract", ""):
        "Xu. PUFFIN: phase III [conference abstract]. ASCO (1026) 2019. doi:10.1/cd PMID 77",
    ("abstract", "first_author"):
        "PUFFIN: phase III [conference abstract]. ASCO (1026) 2019. doi:10.1/cd PMID 77",
    ("abstract", "title"): "Xu. ASCO (1026) 2019. doi:10.1/cd PMID 77",
    ("abstract", "journal"):
        "Xu. PUFFIN: phase III [conference abstract]. 2019. doi:10.1/cd PMID 77",
    ("abstract", "year doi pmid"): "Xu. PUFFIN: phase III [conference abstract]. ASCO (1026).",
    ("abstract", "journal year doi pmid"): "Xu. PUFFIN: phase III [conference abstract].",
    ("abstract", "doi"):
        "Xu. PUFFIN: phase III [conference abstract]. ASCO (1026) 2019. PMID 77",
    ("abstract", "first_author title doi pmid"): "ASCO (1026) 2019.",
    ("registry", ""): "Genentech. Herceptin label, Study 5. FDA label 2018. doi:10.1/ef PMID 9",
    ("registry", "first_author"): "Herceptin label, Study 5. FDA label 2018. doi:10.1/ef PMID 9",
    ("registry", "title"): "Genentech. FDA label 2018. doi:10.1/ef PMID 9",
    ("registry", "journal"): "Genentech. Herceptin label, Study 5. 2018. doi:10.1/ef PMID 9",
    ("registry", "year doi pmid"): "Genentech. Herceptin label, Study 5. FDA label.",
    ("registry", "doi pmid"): "Genentech. Herceptin label, Study 5. FDA label 2018.",
    ("registry", "title journal doi pmid"): "Genentech. 2018.",
}  # fmt: skip


@pytest.mark.parametrize(("kind", "gaps"), WRITTEN)
def test_kinds_and_gaps(kind, gaps):
    full = next(source for source in FULL if source["kind"] == kind)
    source = {name: "" if name in gaps.split() else cell for name, cell in full.items()}
    assert cite(source)["citation"] == WRITTEN[kind, gaps]


SPECIAL = [
    (row("article", "<b>O'Shaughnessy</b>", "Trials & <i>errors</i>", "J <script>", "2020", "", ""),
     "<b>O'Shaughnessy</b>. Trials & <i>errors</i>. J <script> 2020."),
    (row("article", "A", 'HR <span class="nocase">low</span> &amp; high', "J", "2020", "", ""),
     'A. HR <span class="nocase">low</span> &amp; high. J 2020.'),
    (row("article", "Müller-Šimůnková", "Étude III: “μ” – 試験", "Ann Oncol", "2011", "", ""),
     "Müller-Šimůnková. Étude III: “μ” – 試験. Ann Oncol 2011."),
    (row("article", "van der Berg", "the title keeps its case", "eLife / medRxiv", "2024", "", ""),
     "van der Berg. the title keeps its case. eLife / medRxiv 2024."),
    (row("article", "Smith", "Does it work?", "Breast", "2020", "", "5"),
     "Smith. Does it work? Breast 2020. PMID 5"),
    (row("abstract", "Smith", "Does it work?", "Breast", "2020", "", "5"),
     "Smith. Does it work? [conference abstract]. Breast 2020. PMID 5"),
    (row("article", "Smith", "It works!", "", "", "", ""), "Smith. It works!"),
    (row("article", "Smith Jr.", "It works.", "J. Clin. Oncol.", "2020", "", ""),
     "Smith Jr. It works. J. Clin. Oncol 2020."),
    (row("article", "Smith", "2\n lines", "J", "in press", "", ""), "Smith. 2 lines. J in press."),
    (row("article", "", "...", "J", "2020", "", ""), "J 2020."),
    (row("article", "Lee, Kim", "HR 0.5; [a], (b)", "J", "0190", "", ""),
     "Lee, Kim. HR 0.5; [a], (b). J 0190."),
]  # fmt: skip


@pytest.mark.parametrize(("source", "written"), SPECIAL)
def test_text_stays_what_it_is(source, written):
    assert cite(source)["citation"] == written


def test_identifiers_and_address():
    full, only_pmid, neither = FULL[0], {**FULL[0], "doi": ""}, {**FULL[0], "doi": "", "pmid": ""}
    assert {k: v for k, v in cite(full).items() if k != "citation"} == {
        "doi": "10.1/ab", "pmid": "32", "url": "https://doi.org/10.1/ab",
    }  # fmt: skip
    assert cite(only_pmid)["url"] == "https://pubmed.ncbi.nlm.nih.gov/32/"
    assert cite(neither)["url"] is None
    assert without_identifier([full, only_pmid, neither]) == [neither]


def test_items_are_csl_json():
    assert csl_item(FULL[1]) == {
        "id": "source",
        "type": "paper-conference",
        "author": [{"literal": "Xu"}],
        "title": "PUFFIN: phase III",
        "genre": "conference abstract",
        "container-title": "ASCO (1026)",
        "issued": {"date-parts": [[2019]]},
        "DOI": "10.1/cd",
        "PMID": "77",
    }
    assert [csl_item(source)["type"] for source in FULL] == [
        "article-journal", "paper-conference", "document",
    ]  # fmt: skip


cells = st.text(st.characters(exclude_categories=("C", "Z")), max_size=12)


@given(
    st.tuples(cells, cells, cells, cells, cells, cells),
    st.sampled_from(["article", "abstract", "registry"]),
)
def test_no_cell_is_lost(texts, kind):
    """Every letter and digit of every cell stands in the citation, in the order of the style."""
    text = cite(row(kind, *texts))["citation"]
    at = 0
    for char in "".join(texts):
        if char.isalnum():
            assert (at := text.find(char, at) + 1), (char, text)


def test_neither_order_nor_company_matters():
    """A fresh process that cites in another order writes the same."""
    with (ROOT / "data" / "raw" / "sources.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[:40]
    code = (
        "import json, sys; from trialpool.evidence.citations import cite\n"
        "print(json.dumps([cite(row) for row in json.load(sys.stdin)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(rows[::-1]),
        text=True, capture_output=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == [cite(source) for source in rows][::-1]


def test_nothing_is_loaded_until_something_is_cited():
    code = (
        "import sys; import trialpool.evidence.citations\n"
        "import trialpool.questions.comparison.select\n"
        "print(sorted({'citeproc', 'lxml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    assert done.stdout.strip() == "[]"


def test_style_is_csl(recwarn):
    from citeproc import CitationStylesStyle

    CitationStylesStyle(str(STYLE), validate=True)
    assert [str(warning.message) for warning in recwarn] == []


def test_a_citation_of_a_build_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    source = {"source_id": "s", "first_author": "Kept, A", "year": "2024", "journal": "Lancet"}
    for forget in (citations._kept, citations._rendered):
        forget.cache_clear()
    fresh = cite(source)
    citations._rendered.cache_clear()
    monkeypatch.setattr(citations, "_renderer", lambda: pytest.fail("rendered again"))
    assert cite(source) == fresh
    for forget in (citations._kept, citations._rendered):
        forget.cache_clear()
