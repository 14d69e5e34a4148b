"""Numbers at risk out of files: in columns, in rows, and as printed under a figure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trialpool.cli.main import app
from trialpool.findings import InputError
from trialpool.survival.digitised.at_risk import choose_arm, read_at_risk

DRUG, CONTROL = ((0, 402), (6, 345), (12, 267)), ((0, 1406), (6, 330), (12, 25))
IMPOSSIBLE = Path(__file__).parent / "cases" / "curve-impossible-events.csv"


def call(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize(
    "text",
    [
        "time,Drug 2,Control\n0,402,1406\n6,345,330\n12,267,25\n",
        "Months;Drug 2;Control\n0;402;1406\n6;345;330\n12;267;25\n",
        "time,arm,at_risk\n0,Drug 2,402\n6,Drug 2,345\n12,Drug 2,267\n"
        "0,Control,1406\n6,Control,330\n12,Control,25\n",
        "time\tn.risk\tn.event\tstrata\n0\t402\t3\tDrug 2\n6\t345\t1\tDrug 2\n12\t267\t0\tDrug 2\n"
        "0\t1406\t3\tControl\n6\t330\t1\tControl\n12\t25\t0\tControl\n",
        "Number at risk\nMonths,0,6,12\nDrug 2,402,345,267\nControl,1406,330,25\n",
        ",0,6,12\nDrug 2,402,345 (40),267 (51)\nControl,1406,330,25\n",
        'Months,0,6,12\nDrug 2,402,345,267\nControl,"1,406",330,25\n',
        "No. at risk\n         0   6   12\nDrug 2   402 345 267\nControl  1,406 330 25\n",
        "No. at risk (censored)\nMonth 0 6 12\nDrug 2   402 (0) 345 (9) 267 (51)\n"
        "Control 1,406 330 25\n",
    ],
)
def test_the_same_numbers_in_every_shape(text):
    drug, control = read_at_risk(text)
    assert (drug.name, drug.table) == ("Drug 2", DRUG)
    assert (control.name, control.table) == ("Control", CONTROL)


def test_arms_are_chosen_by_name_or_number():
    arms = read_at_risk("Months,0,6\nDrug,402,345\nControl,406,330\n")
    assert choose_arm(arms, "Control") is choose_arm(arms, "2")
    for wanted in (None, "Placebo", "3", "0"):
        with pytest.raises(ValueError, match="'Drug', 'Control': name one with --arm"):
            choose_arm(arms, wanted)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no table"),
        ("time,A\n0,100\n6,120\n", "A: 100 at 0 and 120 at 6"),
        ("time,A\n0,100\n0,90\n", "each time once"),
        ("time,A\n0,100\n6,many\n", "line 3: 'many' is no number at risk"),
        ("time,A\n0,100\nsix,90\n", "line 3: 'six' is no time"),
        ("Months,0,6\nA,100,90,80\n", "line 2: 3 numbers for 2 times"),
        ("Months,0,12,6\nA,100,90,80\n", "do not ascend"),
        ("Months,0,6\nA,100,90\nA,100,80\n", "'A' a second time"),
        ("dose,A\n0,100\n", "one of them named time"),
        ("time,A,B\n0,100\n", "2 cells, the header has 3"),
        ("Months 0 6 12\nDrug 2 402 345 267\n", "line 2: 4 numbers for 3 times"),
    ],
)
def test_what_is_not_understood_is_named(text, message):
    with pytest.raises(ValueError, match=message):
        read_at_risk(text)


def test_a_line_that_ends_early_is_said():
    drug, control = read_at_risk("Months,0,6,12\nDrug,402,345\nControl,406,330,12\n")
    assert drug.table == ((0, 402), (6, 345))
    assert "2 numbers at risk for 3 times" in drug.notes[0]
    assert control.notes == ()


def test_reconstruct_reads_them_from_a_file(tmp_path):
    printed = tmp_path / "at-risk.txt"
    printed.write_text(
        "Number at risk\n0 6 12 18 24 30\nDrug 100 75 55 30 20 0\nControl 98 70 40 22 9 1\n",
        encoding="utf-8",
    )
    asked = ["reconstruct", IMPOSSIBLE, "--at-risk", printed]
    done = call(*asked, "--arm", "Drug", "--json")
    assert done.exit_code == 0, done.output
    from_file = json.loads(done.stdout)
    assert from_file["n"] == 100
    assert from_file["at_risk_error"] == 0
    assert "nobody is at risk from 30 on" in from_file["notes"][0]
    options = [part for pair in ("6:75", "12:55", "18:30", "24:20") for part in ("--at-risk", pair)]
    by_hand = json.loads(call(*asked[:2], "--patients", 100, *options, "--json").stdout)
    assert from_file["events"] == by_hand["events"]
    assert from_file["median"] == by_hand["median"]
    # Of the other arm one is still followed after the curve has ended.
    other = call(*asked, "--arm", "Control")
    assert isinstance(other.exception, InputError)
    assert "at_risk reaches 30 and the curve ends at 24" in str(other.exception)


def test_options_that_contradict_the_file_are_named(tmp_path):
    table = tmp_path / "at-risk.csv"
    table.write_text("time,A\n0,100\n6,75\n", encoding="utf-8")
    for options, message in (
        (["--at-risk", table, "--patients", 90], "90, but 100 are at risk at time 0"),
        (["--at-risk", table, "--at-risk", "12:5"], "those, or one file"),
        (["--at-risk", "6:75"], "needed, unless the numbers at risk begin at time 0"),
        (["--at-risk", "6:75", "--patients", 100, "--arm", "A"], "and none is given"),
    ):
        done = call("reconstruct", IMPOSSIBLE, *options)
        assert done.exit_code == 2
        assert message in " ".join(done.output.replace("│", " ").split())
    missing = call("reconstruct", IMPOSSIBLE, "--at-risk", tmp_path / "none.csv")
    assert "cannot be read" in str(missing.exception)
