"""Fixtures of the importers, and the commands run on them in process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trialpool.cli.main import app

FIXTURES = Path(__file__).parent / "fixtures"
ROOT = Path(__file__).resolve().parents[2]


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
