"""Names and sources of trials, links, data version, records on the command line."""

from __future__ import annotations

import csv
import ctypes
import io
import json
import re
import shlex
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
import sample_records
from forest_records import record, source, survival, trial, trials_made
from layout_checks import check_layout
from marked_records import judged
from PIL import Image
from typer.testing import CliRunner

import trialpool as tp
from trialpool.cli.main import app
from trialpool.figures.canvas.rendering import svg_text
from trialpool.figures.forest.options.presets import PRESETS
from trialpool.figures.forest.sheet import csv_text
from trialpool.figures.forest.words.flags import CHANGED, NEW, SINGLE_READER
from trialpool.figures.forest.words.legends import data_version
from trialpool.figures.forest.words.naming import source_list, trial_label
from trialpool.figures.plots import funnel_plot
from trialpool.records.files import result_of

ROOT = Path(__file__).resolve().parents[2]
EFFECT = (0.8, 0.6, 1.1)
(CLEOPATRA,) = trials_made(trial("CLEOPATRA", 2020, "g", "c", EFFECT))


@pytest.mark.parametrize(
    ("style", "number", "expected"),
    [
        ("comma", None, "CLEOPATRA, 2020"),
        ("source", 12, "CLEOPATRA,¹² 2020"),
        ("source", None, "CLEOPATRA, 2020"),
        ("parentheses", 12, "CLEOPATRA (2020)"),
    ],
)
def test_names_of_trials(style, number, expected):
    assert trial_label(CLEOPATRA, style, number) == expected


def test_a_year_that_the_name_holds_or_a_column_shows_is_not_repeated():
    (dated,) = trials_made(trial("Ma 2019", 2019, "g", "c", EFFECT))
    assert trial_label(dated, "source", 3) == "Ma 2019³"
    assert trial_label(CLEOPATRA, "parentheses", year=False) == "CLEOPATRA"


@pytest.mark.parametrize("preset", PRESETS)
def test_numbers_of_sources_lead_to_the_list(preset):
    result = survival()
    drawn = tp.forest(result, preset=preset, label_style="source")
    check_layout(drawn)
    (listed,) = [note for note in drawn.notes if note.startswith("Sources: ")]
    numbers = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
    for row in drawn.table.rows:
        if row.kind == "trial":
            (raised,) = re.findall("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", row.label)
            doi = row.url.removeprefix("https://doi.org/")
            assert re.search(
                rf"\b{raised.translate(numbers)}\. [^;]*, doi:{re.escape(doi)}", listed
            )


def test_one_source_of_two_trials_has_one_number():
    items = [trial(name, 2010, "g", "c", EFFECT) for name in ("A", "B", "C")]
    items[1]["source"] = "a"
    sources = {
        "a": source(citation="Author. A title. Journal 2010."),
        "c": source(pmid="7", url="u"),
    }
    result = result_of({**record("x", "t", items), "sources": sources})
    assert (
        source_list(result.trials, result.sources) == "Sources: 1. Author 2010; 2. c 2010, PMID 7."
    )


def test_every_trial_leads_to_its_report_in_svg_and_pdf(tmp_path):
    drawn = tp.forest(survival())
    svg = svg_text(drawn)
    pattern = r'<a href="([^"]+)"[^>]*>(?:(?!</a>).)*>([^<>]+)</text>'
    links = dict(re.findall(pattern, svg, re.DOTALL))
    expected = {row.url: row.label for row in drawn.table.rows if row.url}
    assert links == expected
    assert 'role="group"' in svg
    drawn.save(tmp_path / "f.pdf")
    document = pypdfium2.PdfDocument(tmp_path / "f.pdf")
    page = document[0]
    text_page = page.get_textpage()
    found = {}
    for index in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        box = pdfium.FS_RECTF()
        pdfium.FPDFAnnot_GetRect(annotation, box)
        action = pdfium.FPDFLink_GetAction(pdfium.FPDFAnnot_GetLink(annotation))
        size = pdfium.FPDFAction_GetURIPath(document, action, None, 0)
        address = ctypes.create_string_buffer(size)
        pdfium.FPDFAction_GetURIPath(document, action, address, size)
        under = text_page.get_text_bounded(box.left, box.bottom, box.right, box.top)
        found[address.value.decode()] = under
    assert set(found) == set(expected)
    for url, under in found.items():
        assert under.startswith(expected[url].rstrip()[:12])


def test_a_table_leads_to_the_reports_that_it_names():
    effects = tp.effect_sizes(hr=[0.7, 0.8], ci_lower=[0.5, 0.6], ci_upper=[0.98, 1.07])
    cells = [{"doi": "10.1/a"}, {"pmid": "77"}]
    rows = [r for r in tp.forest(effects, cells=cells).table.rows if r.kind == "trial"]
    assert [row.url for row in rows] == [
        "https://doi.org/10.1/a", "https://pubmed.ncbi.nlm.nih.gov/77/",
    ]  # fmt: skip


def test_other_plots_are_images_that_say_what_they_are():
    effects = tp.effect_sizes(yi=[0.1, 0.2, 0.4], vi=[0.1, 0.1, 0.2])
    svg = svg_text(funnel_plot(effects, identifier="mine"))
    assert 'class="trialpool-figure trialpool-funnel" role="img"' in svg
    assert 'class="trialpool-figure trialpool-forest"' in svg_text(tp.forest(survival()))


def test_version_of_the_data_is_in_every_file_and_changes_with_the_numbers_alone(tmp_path):
    result = survival()
    version = data_version(result_of(result))
    assert re.fullmatch("[0-9a-f]{12}", version)
    drawn = tp.forest(result, stamp=True)
    assert f"Data version: {version}." in drawn.notes
    assert not [note for note in tp.forest(result).notes if "Data version" in note]
    assert "Data version: freeze 3." in tp.forest(result, stamp="freeze 3").notes
    for end in ("svg", "pdf", "png"):
        drawn.save(tmp_path / f"f.{end}")
    assert f"<metadata>Data version {version}</metadata>" in (tmp_path / "f.svg").read_text("utf-8")
    document = pypdfium2.PdfDocument(tmp_path / "f.pdf")
    assert document.get_metadata_dict()["Keywords"] == f"Data version {version}"
    with Image.open(tmp_path / "f.png") as image:
        assert image.info["Comment"] == f"Data version {version}"
    other = survival()
    other["title"] = "Another title"
    other["trials"][0]["flags"] = ["a note"]
    assert data_version(result_of(other)) == version
    other["trials"][0]["estimate"] += 1e-9
    assert data_version(result_of(other)) != version


def test_pages_carry_the_version_too(tmp_path):
    drawn = tp.forest(survival(), rows_per_page=12)
    drawn.save(tmp_path / "f.pdf")
    version = f"Data version {data_version(result_of(survival()))}"
    assert pypdfium2.PdfDocument(tmp_path / "f.pdf").get_metadata_dict()["Keywords"] == version


def test_csv_holds_the_judgements():
    rows = list(csv.DictReader(io.StringIO(csv_text(tp.forest(judged())))))
    assert rows[1]["rob"] == "+ ! − ? + +"
    assert "rob" not in csv_text(tp.forest(survival())).splitlines()[0]


def test_what_could_not_be_pooled_is_named_with_its_reason():
    effects = tp.effect_sizes(
        events_experimental=[5, 0, 7], n_experimental=[50, 40, 60],
        events_control=[9, 0, 9], n_control=[50, 40, 60], labels=["A", "B", "C"], measure="OR",
    )  # fmt: skip
    result = survival()
    out = sample_records.excluded(trial_id="", label="B", reason="no events in either arm")
    result["excluded"] = [out]
    drawn = tp.forest(result)
    check_layout(drawn)
    assert [row.label for row in drawn.table.rows[-2:]] == [
        "Not in the pool", "B: no events in either arm",
    ]  # fmt: skip
    assert len(effects) + len(effects.excluded) == 3
    result["excluded"] = [{**out, "stage": "not poolable"}]
    assert tp.forest(result).table.rows[-1].kind == "trial"


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "result.json"
    path.write_text(json.dumps(judged()), encoding="utf-8")
    return path


def run(*options):
    return CliRunner().invoke(app, ["forest", *map(str, options)], env={"COLUMNS": "300"})


def said(found):
    return " ".join(f"{found.output} {found.exception}".split())


def test_command_draws_a_record_as_python_does(written, tmp_path):
    out = tmp_path / "out.svg"
    found = run(written, "-o", out, "--preset", "bmj", "--pi-style", "shade", "--cid", "0.8,1.25",
                "--squares", "exact", "--stripes", "--stamp", "hash", "--column-right", "effect",
                "--column-right", "rob", "--test-line")  # fmt: skip
    assert found.exit_code == 0, found.output
    drawn = tp.forest(
        judged(), preset="bmj", pi_style="shade", cid=(0.8, 1.25), squares="exact", stripes=True,
        stamp=True, columns_right=["effect", "rob"], test_line=True,
    )  # fmt: skip
    assert out.read_text("utf-8") == svg_text(drawn)


def test_command_draws_one_comparison_of_a_record(written, tmp_path):
    result = judged()
    first = result["groups"][0]
    first["comparison"] = "a-v-b"
    written.write_text(json.dumps(result), encoding="utf-8")
    out = tmp_path / "out.csv"
    found = run(written, "--comparison", "a-v-b", "-o", out)
    assert found.exit_code == 0, found.output
    with out.open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["kind"] == "trial"]
    own = [trial["trial_id"] for trial in result["trials"] if trial["group"] == first["label"]]
    assert [row["trial_id"] for row in rows] == own
    refused = run(written, "--comparison", "nothing", "-o", out)
    assert refused.exit_code == 2
    assert "'nothing'; this record has: a-v-b" in said(refused)


def test_command_marks_what_is_new_since_an_earlier_record(written, tmp_path):
    before = judged()
    del before["trials"][2]
    before["trials"][1]["se"] *= 1.01
    old = tmp_path / "old.json"
    old.write_text(json.dumps(before), encoding="utf-8")
    result = judged()
    result["trials"][0]["extraction"] = "single"
    written.write_text(json.dumps(result), encoding="utf-8")
    out = tmp_path / "out.csv"
    found = run(written, "-o", out, "--previous", old, "--single-reader", "--json")
    assert found.exit_code == 0, found.output
    flags = [trial["flags"] for trial in json.loads(found.stdout)["trials"]]
    assert [own[-1] if own else "" for own in flags[:3]] == [SINGLE_READER, CHANGED, NEW]
    assert not {SINGLE_READER, CHANGED, NEW} & {text for own in flags[3:] for text in own}


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["--ci", "wald", "--by", "x"], 2, "--ci, --by: result.json is pooled already"),
        (["--cid", "a"], 2, "'a'; allowed: a number, or two as in 0.8,1.25"),
        (["--pi-style", "cloud"], 2, "allowed: bar, line, polygon, shade, density"),
        (["--previous", "none.json"], 1, "none.json: the file is missing"),
    ],
)
def test_command_refuses_what_a_record_cannot_do(written, tmp_path, options, status, words):
    found = run(written, "-o", tmp_path / "x.svg", *options)
    assert found.exit_code == status
    assert words in said(found)
    assert not (tmp_path / "x.svg").exists()


@pytest.mark.parametrize(("content", "words"), [("[1]", "no result record"), ("{", "as JSON")])
def test_a_file_that_is_no_record_is_refused(tmp_path, content, words):
    path = tmp_path / "result.json"
    path.write_text(content, encoding="utf-8")
    found = run(path, "-o", tmp_path / "x.svg")
    assert found.exit_code == 1
    assert words in said(found)


TABLE = """study,hr,ci_lower,ci_upper,doi,rob_D1,rob_D2,rob_overall
A,0.69,0.58,0.82,10.1/a,low,some,some
B,0.68,0.45,1.03,,{},low,high
"""


def test_command_reads_judgements_of_a_table(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(TABLE.format("high"), encoding="utf-8")
    found = run(path, "-o", tmp_path / "x.csv", "--column", "rob")
    assert found.exit_code == 0, found.output
    rows = list(csv.DictReader(io.StringIO((tmp_path / "x.csv").read_text("utf-8"))))
    assert [row["rob"] for row in rows if row["kind"] == "trial"] == ["+ ! !", "− + −"]
    path.write_text(TABLE.format("hgh"), encoding="utf-8")
    found = run(path, "-o", tmp_path / "y.csv")
    assert found.exit_code == 1
    assert "table.csv, line 3, column rob_D1: 'hgh' is no judgement" in said(found)
    found = run(path, "-o", tmp_path / "y.csv", "--rob", "q")
    assert found.exit_code == 2
    assert "--rob: table.csv has no column 'q'" in said(found)


def test_the_example_of_the_docs_is_drawn_by_its_command(tmp_path):
    text = (ROOT / "docs" / "gallery" / "figures.md").read_text("utf-8")
    (command,) = re.findall(
        r"trialpool forest (docs/gallery/forest-example\.csv .*?) -o out\.svg", text, re.DOTALL
    )
    words = shlex.split(command.replace("\\\n", " "))
    out = tmp_path / "out.csv"
    found = run(ROOT / words[0], *words[1:], "-o", out)
    assert found.exit_code == 0, found.output
    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8"))))
    trials = [row for row in rows if row["kind"] == "trial"]
    assert all(row["label"].startswith("Invented ") for row in trials)
    assert len(trials) == 9
    assert trials[0]["rob"] == "+ + + + + +"
