"""`trialpool pool` on a table written for the test."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from trialpool.cli.main import app
from trialpool.findings import InputError


@pytest.fixture
def run(tmp_path):
    """Run on a table; the result with its exit status and both streams."""

    def call(content: str | bytes, *arguments: str):
        file = tmp_path / "trials.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return CliRunner(env={"COLUMNS": "300"}).invoke(app, ["pool", str(file), *arguments])

    return call


@pytest.fixture
def as_json(run):
    def call(content: str | bytes, *arguments: str):
        done = run(content, *arguments, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    return call


@pytest.fixture
def faults(run):
    """Findings of a table that is refused."""

    def call(content: str | bytes, *arguments: str):
        done = run(content, *arguments)
        assert isinstance(done.exception, InputError), done.output
        assert (done.exit_code, done.stdout) == (1, "")
        return done.exception.findings

    return call
