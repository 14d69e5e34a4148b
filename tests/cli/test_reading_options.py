"""--columns, --sheet and --drop-missing of `forest` and `plot`, as of `pool`."""

import json
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from trialpool.cli.main import app

COMMANDS = (("forest",), ("plot", "funnel"))
MISSING = """\
study,events_experimental,n_experimental,events_control,n_control
A,10,100,20,100
B,NA,80,12,80
C,30,300,45,300
D,9,90,nr,88
"""
NAMED = "study;estimate;from;to\nA;0,74;0,65;0,85\nB;0,80;0,70;0,92\nC;0,9;0,7;1,16\n"


def call(*arguments: object):
    return CliRunner(env={"COLUMNS": "300"}).invoke(app, [str(a) for a in arguments])


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("table", "options", "lacking"),
    [
        (MISSING, ("--measure", "OR"), ("B", "D")),
        ("study,yi,sei\nA,0.1,0.2\nB,0.3,.\n", (), ("B",)),
    ],
)
def test_rows_that_lack_a_number(tmp_path: Path, command, table, options, lacking) -> None:
    file, out = tmp_path / "t.csv", tmp_path / "f.svg"
    file.write_text(table, encoding="utf-8")
    refused = call(*command, file, *options, "-o", out)
    assert refused.exit_code == 1
    assert "--drop-missing" in str(refused.exception)
    assert not out.exists()
    drawn = call(*command, file, *options, "--drop-missing", "-o", out)
    assert drawn.exit_code == 0, drawn.output
    for name in lacking:
        assert f"{name} is left out" in drawn.stderr
        assert f">{name}<" not in out.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS)
def test_columns_are_named(tmp_path: Path, command) -> None:
    file, out = tmp_path / "t.csv", tmp_path / "f.svg"
    file.write_text(NAMED, encoding="utf-8")
    options = (file, "--columns", "hr=estimate,ci_lower=from,ci_upper=to")
    drawn = call(*command, *options, "-o", out)
    assert drawn.exit_code == 0, drawn.output
    assert "[columns-read]" in drawn.stderr
    estimate = json.loads(call("pool", *options, "--json").stdout)["estimate"]
    # Three ratios near 0.8, whichever way they are weighted.
    assert -0.31 < estimate < -0.10
    wrong = call(*command, file, "--columns", "hr=effect", "-o", out)
    assert wrong.exit_code != 0


@pytest.mark.parametrize("command", COMMANDS)
def test_a_sheet_is_chosen(tmp_path: Path, command) -> None:
    file, out = tmp_path / "t.xlsx", tmp_path / "f.svg"
    book = openpyxl.Workbook()
    for name, ratio in (("OS", 0.8), ("PFS", 0.6)):
        sheet = book.create_sheet(name)
        sheet.append(["study", "hr", "ci_lower", "ci_upper"])
        for i, study in enumerate("ABC"):
            own = ratio + 0.02 * i
            sheet.append([study, own, own / 1.25, own * 1.25])
    del book["Sheet"]
    book.save(file)
    assert call(*command, file, "-o", out).exit_code == 1
    drawn = call(*command, file, "--sheet", "PFS", "-o", out)
    assert drawn.exit_code == 0, drawn.output
    # The geometric mean of 0.60, 0.62, 0.64, whose intervals are equally wide.
    assert "0.62" in out.read_text(encoding="utf-8")
