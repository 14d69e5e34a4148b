"""Fixtures of the importers, and the commands run on them in process."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

import pytest
from registry_records import TWO, record
from shipped_imports import import_ctgov
from typer.testing import CliRunner

from trialpool.cli.intake import new_rows
from trialpool.cli.main import app
from trialpool.settings import Settings

FIXTURES = Path(__file__).parent / "fixtures"
ROOT = Path(__file__).resolve().parents[2]

_read = new_rows._settings
_read_once = functools.cache(_read)


def _settings(config: Path) -> Settings:
    """Read the shipped review's settings, which no test changes, once and not for each command."""
    shipped = config.resolve() == ROOT / "config" / "config.yaml" and Path.cwd() == ROOT
    return (_read_once if shipped else _read)(config)


new_rows._settings = _settings


@pytest.fixture
def fixtures() -> Path:
    return FIXTURES


@pytest.fixture
def run():
    """Run `trialpool` in process; bad input comes back as the result's exception."""

    def call(*arguments: object, stdin: bytes | None = None):
        runner = CliRunner(env={"COLUMNS": "300"})
        return runner.invoke(app, [str(part) for part in arguments], input=stdin)

    return call


@pytest.fixture
def run_json(run):
    def call(*arguments: object, stdin: bytes | None = None, status: int = 0):
        done = run(*arguments, "--json", stdin=stdin)
        assert done.exit_code == status, (done.output, done.exception)
        return json.loads(done.stdout)

    return call


@pytest.fixture
def posted(tmp_path):
    """Import outcomes of two arms; tables to pool by their form, and what was left out."""

    def call(*outcomes, arms=TWO, **options):
        path = tmp_path / "study.json"
        path.write_text(json.dumps(record(arms, list(outcomes))), encoding="utf-8")
        imported = import_ctgov(path, **options)
        forms = {}
        for table in imported.pool_tables:
            assert set(table.columns) == set(table.rows[0])
            measure = re.search(r"--measure (\w+)", table.command)[1]
            forms.setdefault(measure, []).extend(table.rows)
        return forms, imported

    return call
