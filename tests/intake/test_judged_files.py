"""Judgements of other programs: tables as robvis reads them, RevMan 5, one's own."""

import csv

import pytest
from shipped_imports import import_review as import_rm5

from trialpool.evidence.risk_of_bias import judgements
from trialpool.findings import InputError
from trialpool.intake.risk_of_bias import import_risk_of_bias, read_judged
from trialpool.reviews import example

ROBVIS = """\
Study,D1,D2,D3,D4,D5,Overall,Weight
DAPA-HF,Low,Some concerns,Low,Low,Low,Some concerns,60
deliver,Low,Low,Low,High,Low,High,30
Nobody 2001,Low,Low,Low,Low,Low,Low,10
EMPEROR-Reduced,Low,fine,,Low,Low,Low,
"""
TRIALS = [
    {"trial_id": "dapa-hf", "trial": "DAPA-HF", "nct": "NCT03036124"},
    {"trial_id": "deliver", "trial": "DELIVER", "nct": "NCT03619213"},
    {"trial_id": "emperor-reduced", "trial": "EMPEROR-Reduced", "nct": "NCT03057977"},
]
REVMAN = """<COCHRANE_REVIEW><STUDIES_AND_REFERENCES><STUDIES><INCLUDED_STUDIES>
<STUDY ID="STD-A" NAME="DAPA-HF" YEAR="2019"/><STUDY ID="STD-B" NAME="DELIVER" YEAR="2022"/>
</INCLUDED_STUDIES></STUDIES></STUDIES_AND_REFERENCES><QUALITY_ITEMS>
<QUALITY_ITEM ID="QIT-1" LEVEL="STUDY"><NAME>Random sequence generation (selection bias)</NAME>
<QUALITY_ITEM_DATA>
<QUALITY_ITEM_DATA_ENTRY RESULT="YES" STUDY_ID="STD-A"><DESCRIPTION>
<P>By computer.</P></DESCRIPTION>
</QUALITY_ITEM_DATA_ENTRY>
<QUALITY_ITEM_DATA_ENTRY RESULT="UNKNOWN" STUDY_ID="STD-B"/>
<QUALITY_ITEM_DATA_ENTRY RESULT="NO" STUDY_ID="STD-C"/>
</QUALITY_ITEM_DATA></QUALITY_ITEM>
<QUALITY_ITEM ID="QIT-2" LEVEL="GROUP"><NAME>Blinding of outcome assessment (detection bias)</NAME>
<QUALITY_ITEM_DATA_ENTRY_GROUP ID="G1"><NAME>OS</NAME></QUALITY_ITEM_DATA_ENTRY_GROUP>
<QUALITY_ITEM_DATA_ENTRY_GROUP ID="G2"><NAME>Nausea</NAME></QUALITY_ITEM_DATA_ENTRY_GROUP>
<QUALITY_ITEM_DATA>
<QUALITY_ITEM_DATA_ENTRY GROUP_ID="G1" RESULT="NO" STUDY_ID="STD-A"/>
<QUALITY_ITEM_DATA_ENTRY GROUP_ID="G2" RESULT="NO" STUDY_ID="STD-A"/>
</QUALITY_ITEM_DATA></QUALITY_ITEM>
<QUALITY_ITEM ID="QIT-3" LEVEL="STUDY"><NAME>Sponsor</NAME><QUALITY_ITEM_DATA/></QUALITY_ITEM>
</QUALITY_ITEMS></COCHRANE_REVIEW>
"""


@pytest.fixture
def write(tmp_path):
    def file(name, text):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return file


def test_a_table_of_robvis(write):
    imported = import_risk_of_bias(write("rob.csv", ROBVIS), trials=TRIALS)
    found = judgements(imported.tables["risk_of_bias"])
    assert {trial: entry.tool for (trial, _), entry in found.items()} == {
        "dapa-hf": "RoB 2", "deliver": "RoB 2", "emperor-reduced": "RoB 2",
    }  # fmt: skip
    assert list(found["deliver", ""].judgements.values()) == ["low", "low", "low", "high", "low",
                                                              "high"]  # fmt: skip
    # What is not understood is named, an empty cell is nothing.
    assert list(found["emperor-reduced", ""].judgements) == ["D1", "D4", "D5", "overall"]
    assert [(one.value, one.reason.split(";")[0]) for one in imported.left_out] == [
        ("fine", "'fine' is no judgement of risk of bias"),
        ("Nobody 2001", "no trial of trials.csv has this id, name or registration"),
    ]
    assert read_judged(write("rob.csv", ROBVIS)).weights == {
        "DAPA-HF": 60.0, "deliver": 30.0, "Nobody 2001": 10.0,
    }  # fmt: skip
    without = import_risk_of_bias(write("rob.csv", ROBVIS)).tables["risk_of_bias"]
    assert {row["trial_id"] for row in without} >= {"nobody-2001", "dapa-hf"}


SEVEN = "Study,D1,D2,D3,D4,D5,D6,D7,Overall\nA,Low,Low,Low,Low,Low,Low,{},{}\n"


@pytest.mark.parametrize(
    ("words", "tool"),
    [(("Serious", "Serious"), "ROBINS-I"), (("Unclear", "Unclear"), "Cochrane 2011")],
)
def test_seven_domains_are_told_apart_by_their_words(write, words, tool):
    (one, *_) = read_judged(write("rob.csv", SEVEN.format(*words))).judged
    assert one.tool == tool


def test_a_tool_is_never_guessed(write):
    path = write("rob.csv", SEVEN.format("Low", "High"))
    with pytest.raises(InputError, match="does not tell by which tool"):
        read_judged(path)
    assert {one.tool for one in read_judged(path, "robins-i").judged} == {"ROBINS-I"}
    with pytest.raises(InputError, match="no column names the studies"):
        read_judged(write("rob.csv", "D1,D2\nlow,low\n"))


def test_names_of_domains_and_tools_of_ones_own(write):
    text = "Study,Missing outcome data,Randomization process,Year,Overall\nA,low,high,2001,high\n"
    read = read_judged(write("rob.csv", text), "RoB 2")
    assert {one.domain: one.judgement for one in read.judged} == {
        "D3": "low", "D1": "high", "overall": "high",
    }  # fmt: skip
    assert [one.value for one in read.left_out] == ["Year"]
    own = read_judged(write("rob.csv", text), "Our tool").judged
    assert [one.domain for one in own] == ["Missing outcome data", "Randomization process",
                                           "overall"]  # fmt: skip


def test_items_of_revman(write):
    path = write("review.rm5", REVMAN)
    imported = import_risk_of_bias(path, trials=TRIALS, endpoints=["OS"])
    rows = imported.tables["risk_of_bias"]
    names = ("trial_id", "endpoint", "domain", "judgement", "reason")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("dapa-hf", "", "D1", "low", "By computer."),
        ("deliver", "", "D1", "unclear", ""),
        ("dapa-hf", "OS", "D4", "high", ""),
    ]
    assert [one.value for one in imported.left_out] == ["NO", "Sponsor", "DAPA-HF: Nausea"]
    # The importer of whole reviews takes them too.
    whole = import_rm5(path, "rct")
    assert [row["trial_id"] for row in whole.tables["risk_of_bias"]] == [
        "dapa-hf", "deliver", "dapa-hf",
    ]  # fmt: skip


def test_the_command_writes_a_raw_table(write, run, run_json, tmp_path):
    path = write("rob.csv", ROBVIS)
    out = tmp_path / "new"
    config = str(example("heart-failure") / "config/config.yaml")
    done = run_json("import", "risk-of-bias", path, "--out", out, "--config", config)
    assert done["rows"] == {"risk_of_bias": 16}
    with (out / "risk_of_bias.csv").open(encoding="utf-8", newline="") as stream:
        assert len(judgements(csv.DictReader(stream))) == 3
    figure = tmp_path / "figure.svg"
    assert run("plot", "risk-of-bias", path, "--weighted", "-o", figure).exit_code == 0
    with figure.with_suffix(".csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    # D1: all low. Overall: 60 some concerns, 30 high, 10 low of 100; no weight, no share.
    shares = {row["judgement"]: float(row["share"]) for row in rows if row["domain"] == "overall"}
    assert shares == pytest.approx({"low": 0.1, "some concerns": 0.6, "high": 0.3})


def test_judgements_of_a_data_package(fixtures):
    read = read_judged(fixtures / "revman" / "revman-web.zip")
    assert [(one.row["trial_id"], one.domain, one.judgement) for one in read.judged] == [
        ("Alder", "D2", "low"),
        ("Birch", "D2", "unclear"),
    ]
