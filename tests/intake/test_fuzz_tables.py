"""Fuzzed raw tables and tables to pool: a named fault or a right result, nothing lost."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fuzz_checks import findings_are_whole, garbage_is_named, nothing_is_lost
from fuzz_tables import POOLED, decoded, effect_of
from fuzzing import Mutant, mutate
from intake_tables import FUZZED, build, numeric_columns
from typer.testing import CliRunner

from trialpool.audit.run import audit
from trialpool.cli.main import app
from trialpool.effects.derive import derive_effects
from trialpool.evidence.printed import parse_count, parse_number
from trialpool.evidence.tables import read_tables
from trialpool.findings import InputError

pytestmark = pytest.mark.fuzz

FEW, MANY = 96, 1000
NAMES = list(FUZZED)


@pytest.fixture(scope="module")
def review(tmp_path_factory):
    return build(tmp_path_factory.mktemp("fuzz") / "review")


def check_table(number: int, review) -> str:
    """Audit one mutant; return the gravest level that was found."""
    raw, settings, texts = review
    name = NAMES[number % len(NAMES)]
    mutant = mutate(texts[name], number, name, numeric_columns(name))
    path = raw / f"{name}.csv"
    path.write_bytes(mutant.raw)
    try:
        findings = audit(raw, NAMES, settings, [])
        evidence, _ = read_tables(raw, NAMES)
        effects = derive_effects(evidence, ["ITT"])
    finally:
        path.write_text(texts[name], encoding="utf-8")
    ours = [finding for finding in findings if finding.file == path.name]
    findings_are_whole(findings)
    nothing_is_lost(mutant, name, evidence, ours, effects)
    garbage_is_named(mutant, name, evidence, ours)
    for record in effects:
        _effect_is_right(record)
    fatal = any(finding.level == "fatal" for finding in findings)
    return "fatal" if fatal else "found" if findings else "clean"


def _effect_is_right(record) -> None:
    """Recompute an effect from the cells that it names, by the textbook formula."""
    if record["status"] != "effect" or record["rung"] != "ratio with interval":
        return
    cells = dict(re.findall(r'"(\w+)": "([^"]*)"', record["inputs"]))
    names = ("estimate", "ci_lower", "ci_upper")
    estimate, lower, upper = (float(cells[name]) for name in names)
    level = float(cells.get("ci_level", "95"))
    z = statistics.NormalDist().inv_cdf(0.5 + level / 200)
    assert record["yi"] == pytest.approx(math.log(estimate), rel=1e-9)
    assert record["sei"] == pytest.approx(math.log(upper / lower) / (2 * z), rel=1e-9)
    assert math.isfinite(record["sei"])


def test_fuzzed_raw_tables(review):
    levels = [check_table(number, review) for number in range(FEW)]
    # The faults are faults, and not all of them are.
    assert levels.count("fatal") > FEW // 2
    assert levels.count("fatal") < FEW


@pytest.mark.slow
def test_a_thousand_fuzzed_raw_tables(review):
    levels = [check_table(number, review) for number in range(MANY)]
    assert 0 < levels.count("fatal") < MANY


def check_pool(number: int, folder: Path) -> str:
    """Pool one mutant; return what came of it."""
    text, numeric, options = POOLED[number % len(POOLED)]
    mutant = mutate(text, number, "pool", numeric)
    path = folder / "trials.csv"
    path.write_bytes(mutant.raw)
    arguments = ["pool", str(path), "--tau2", "CE", "--ci", "wald", "--json", *options]
    done = CliRunner().invoke(app, arguments)
    if isinstance(done.exception, InputError):
        assert done.exception.findings
        assert all(f.rule and f.message for f in done.exception.findings)
        assert done.stdout == ""
        return "refused"
    assert done.exit_code in (0, 2), (mutant, done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), mutant
    if done.exit_code == 2:
        return "usage"
    _pool_is_right(mutant, done.stdout)
    return "pooled"


def _pool_is_right(mutant: Mutant, printed: str) -> None:
    """Pool again by the textbook formula, from the cells of the mutant."""
    record = json.loads(printed)
    text = decoded(mutant.raw)
    mark = max(",;\t", key=text.split("\n", 1)[0].count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=mark)
    reader.fieldnames = [name.strip().replace('"', "") for name in reader.fieldnames or []]
    rows = [row for row in reader if any((cell or "").strip() for cell in row.values())]
    assert record["k"] + len(record["excluded"]) == len(rows), mutant.faults
    effects = [effect_of(row) for row in rows]
    pairs = [pair for pair in effects if pair is not None]
    y, v = (np.array(column) for column in zip(*pairs, strict=True))
    assert record["estimate"] == pytest.approx(float(np.sum(y / v) / np.sum(1 / v)), rel=1e-8)
    assert record["se"] == pytest.approx(float(np.sum(1 / v) ** -0.5), rel=1e-8)


def test_fuzzed_tables_to_pool(tmp_path):
    results = [check_pool(number, tmp_path) for number in range(200)]
    assert {"refused", "pooled"} <= set(results)


@pytest.mark.slow
def test_a_thousand_fuzzed_tables_to_pool(tmp_path):
    results = [check_pool(number, tmp_path) for number in range(MANY)]
    assert {"refused", "pooled"} <= set(results)


@pytest.mark.parametrize("number", range(3))
def test_commands_end_with_a_status_and_never_a_traceback(number, review, tmp_path):
    """The same as commands of their own: what a person sees."""
    _, settings, texts = review
    program = [sys.executable, "-m", "trialpool.cli.main"]
    name = NAMES[number]
    folder = tmp_path / "raw"
    folder.mkdir()
    for table, text in texts.items():
        (folder / f"{table}.csv").write_text(text, encoding="utf-8")
    mutant = mutate(texts[name], 5000 + number, "command", numeric_columns(name))
    (folder / f"{name}.csv").write_bytes(mutant.raw)
    text, numeric, options = POOLED[number]
    table = tmp_path / "trials.csv"
    table.write_bytes(mutate(text, 5000 + number, "command", numeric).raw)
    for arguments in (
        ["audit", str(folder), "--config", str(settings.config_file)],
        ["pool", str(table), *options],
    ):
        done = subprocess.run(
            [*program, *arguments], capture_output=True, text=True, check=False, cwd=settings.root
        )
        assert done.returncode in (0, 1, 2), done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        if done.returncode == 1:
            assert "[" in done.stdout + done.stderr  # a rule in brackets


@pytest.mark.parametrize("text", ["²", "٣", "９", "9" * 5000, "1" + "0" * 400, "−1", "1_0"])
def test_digits_that_are_none(text):
    assert parse_number(text) is None
    assert parse_count(text) is None
