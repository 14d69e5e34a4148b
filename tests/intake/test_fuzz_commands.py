"""A thousand damaged tables a command: a named fault or a right result, and the last good file."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from fuzz_tables import POOLED, decoded, effect_of
from fuzzing import Mutant, mutate
from intake_tables import FUZZED, build, numeric_columns
from typer.testing import CliRunner

from trialpool.cli.figure.plot_kinds import OPTIONS
from trialpool.cli.main import app
from trialpool.findings import InputError

FEW, MANY = 24, 1000
LAST = b"what was drawn before"
FIXED = ("--tau2", "CE", "--ci", "wald")
WHOLE = (
    "study,events_experimental,n_experimental,events_control,n_control,year,age,line\n"
    "A,12,100,20,100,2001,50,first\nB,30,200,45,210,2005,55,later\n"
    "C,8,90,9,80,2003,61,first\nD,40,310,60,300,2010,64,later\nE,15,120,11,118,2012,58,first\n"
)
WHOLE_NUMBERS = (
    *("events_experimental", "n_experimental", "events_control", "n_control", "year", "age"),
)
CONTRASTS = (
    "study,treat1,treat2,TE,seTE\ns1,A,B,-0.3,0.2\ns2,B,C,0.1,0.25\ns3,A,C,-0.1,0.2\n"
    "s4,A,B,-0.2,0.3\ns5,C,D,0.4,0.3\ns6,D,A,-0.2,0.25\n"
)
OF_NETWORKS = ("network", "net-heat", "network-funnel", "league", "rank")
OF_FOLDERS = ("overview", "specification", "risk-of-bias")
NEEDS = {
    "cumulative": ("--order", "year"),
    "bubble": ("--moderator", "age"),
    "orchard": ("--by", "line"),
    "network-funnel": ("--order", "A,B,C,D"),
}
KINDS = sorted(kind for kind in OPTIONS if kind not in OF_FOLDERS)


def call(*arguments: object) -> tuple[str, str]:
    """Run a command; return what came of it, and what it printed."""
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    if isinstance(done.exception, InputError):
        assert done.exception.findings
        for found in done.exception.findings:
            assert found.rule, found
            assert found.message, found
            assert str(found).isprintable(), found
        return "refused", done.stdout
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code in (0, 1, 2), done.output
    return ("done", "refused", "usage")[done.exit_code], done.stdout


def drawn(
    mutant: Mutant, folder: Path, command: tuple[str, ...], *options: str, beside: bool
) -> tuple[str, str]:
    """Draw a mutant over a figure that is there; return what came of it, and what was printed."""
    table, figure = folder / "damaged.csv", folder / "figure.svg"
    files = [figure, figure.with_suffix(".csv")][: 1 + beside]
    table.write_bytes(mutant.raw)
    for file in files:
        file.write_bytes(LAST)
    result, printed = call(*command, table, "-o", figure, *options)
    if result == "done":
        assert figure.read_text("utf-8").count("<svg") == 1, mutant
    for file in files:
        assert (file.read_bytes() == LAST) == (result != "done"), mutant
    assert set(folder.iterdir()) == {table, *files}, mutant
    for file in files:
        file.unlink()
    return result, printed


def check_forest(number: int, folder: Path) -> str:
    text, numeric, options = POOLED[number % len(POOLED)]
    mutant = mutate(text, number, "forest", numeric)
    result, record = drawn(mutant, folder, ("forest",), "--json", *FIXED, *options, beside=False)
    # `pool` is held to the textbook formula by the tests beside this one.
    pooled, printed = call("pool", folder / "damaged.csv", "--json", *FIXED, *options)
    assert pooled == result, mutant
    if result == "done":
        expected = json.loads(printed)["estimate"]
        assert json.loads(record)["groups"][0]["estimate"] == pytest.approx(expected, rel=1e-9)
    return result


def check_plot(number: int, folder: Path) -> str:
    kind = KINDS[number % len(KINDS)]
    text, numeric, options = WHOLE, WHOLE_NUMBERS, ("--measure", "OR")
    if kind in OF_NETWORKS:
        text, numeric, options = CONTRASTS, ("TE", "seTE"), ()
    mutant = mutate(text, number, kind, numeric)
    needed = NEEDS.get(kind, ())
    return drawn(mutant, folder, ("plot", kind), *options, *needed, beside=True)[0]


def check_network(number: int, folder: Path) -> str:
    mutant = mutate(CONTRASTS, number, "network", ("TE", "seTE"))
    table = folder / "damaged.csv"
    table.write_bytes(mutant.raw)
    result, printed = call("network", table, "--ci", "wald", "--json")
    if result == "done":
        _network_is_right(mutant, json.loads(printed))
    else:
        assert printed == "", mutant
    return result


def _network_is_right(mutant: Mutant, record: dict) -> None:
    """Solve the network by weighted least squares, from the cells and with its own tau²."""
    text = decoded(mutant.raw)
    mark = max(",;\t", key=text.split("\n", 1)[0].count)
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=mark))
    if not rows or not {"study", "treat1", "treat2", "TE", "seTE"} <= set(rows[0]):
        return  # under other names a table says other things
    rows = [row for row in rows if any(cell for name, cell in row.items() if name)]
    if len({row["study"] for row in rows}) < len(rows):
        return  # contrasts of one trial share an arm
    names = sorted(record["treatments"])
    x = np.array([
        [(row["treat1"].strip() == name) - float(row["treat2"].strip() == name) for name in names]
        for row in rows
    ])  # fmt: skip
    y, v = np.array([effect_of({"yi": r["TE"], "sei": r["seTE"]}) for r in rows]).T
    v += record["tau2"]
    rounding = 1e-9 * max(1.0, float(np.abs(y).max()))
    solved = np.linalg.pinv(x.T @ (x / v[:, None])) @ (x.T @ (y / v))
    for i, a in enumerate(names):
        for j, b in enumerate(names):
            expected = pytest.approx(float(solved[i] - solved[j]), rel=1e-7, abs=rounding)
            assert record["league"][a][b]["estimate"] == expected, mutant


def check_rows(number: int, folder: Path, review: tuple[Path, object, dict[str, str]]) -> str:
    """Add damaged rows: all of them or none."""
    raw, settings, texts = review
    name = list(FUZZED)[number % len(FUZZED)]
    head, *lines = texts[name].splitlines(keepends=True)
    new = folder / f"{name}.csv"
    new.write_bytes(mutate(head + lines[-1], number, "rows", numeric_columns(name)).raw)
    table = raw / f"{name}.csv"
    table.write_text(head + "".join(lines[:-1]), encoding="utf-8")
    before = {path.name: path.read_bytes() for path in raw.iterdir() if path.is_file()}
    try:
        result, _ = call("add", new, "--raw", raw, "--config", settings.config_file)
        after = {path.name: path.read_bytes() for path in raw.iterdir() if path.is_file()}
    finally:
        table.write_text(texts[name], encoding="utf-8")
    assert (after != before) == (result == "done")
    assert after.keys() == before.keys()
    if result == "done":
        # What was there stays, cell by cell, and new rows follow.
        old, more = (
            list(csv.reader(io.StringIO(one[table.name].decode()))) for one in (before, after)
        )
        assert [row[: len(old[0])] for row in more[: len(old)]] == old
        assert len(more) > len(old)
    return result


@pytest.fixture(scope="module")
def review(tmp_path_factory):
    return build(tmp_path_factory.mktemp("fuzz") / "review")


@pytest.mark.fuzz
@pytest.mark.parametrize("check", [check_forest, check_plot, check_network])
def test_a_thousand_damaged_tables(check, tmp_path):
    found = Counter(check(number, tmp_path) for number in range(MANY))
    assert found["refused"] > 300
    assert found["done"] > 100


@pytest.mark.fuzz
def test_a_thousand_damaged_rows_to_add(tmp_path, review):
    found = Counter(check_rows(number, tmp_path, review) for number in range(MANY))
    assert found["refused"] > 300


def test_a_few_damaged_tables(tmp_path):
    for check in (check_forest, check_plot, check_network):
        assert "refused" in {check(number, tmp_path) for number in range(MANY, MANY + FEW)}
