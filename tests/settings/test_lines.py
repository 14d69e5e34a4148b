"""The lines of settings, and what `trialpool table --settings` says of them."""

from __future__ import annotations

import json

import pytest
from question_files import BASE, child
from typer.testing import CliRunner

from trialpool.cli.main import app
from trialpool.settings import load_yaml
from trialpool.settings.documents import read_document

TEXT = """\
one:
  plain: 1
  dotted.key: {inner: 2}
  list:
    - a
    - {b: 3}
shared: &shared
  x: 1
  y: 2
two:
  <<: *shared
  y: 3
"""


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("one", 1),
        ("one.plain", 2),
        ("one.dotted.key.inner", 3),
        ("one.list", 4),
        ("one.list.1.b", 6),
        ("one.list.7", 4),
        ("one.missing", 1),
        ("two.x", 8),
        ("two.y", 12),
        ("nobody", None),
    ],
)
def test_lines_of_places(tmp_path, place, line):
    file = tmp_path / "file.yaml"
    file.write_text(TEXT, encoding="utf-8")
    document, findings = read_document(file)
    assert findings == []
    assert document.line(place) == line


def call(review, *arguments):
    config = review / "config" / "config.yaml"
    return CliRunner().invoke(app, ["table", *arguments, "--config", str(config)])


@pytest.fixture
def asked(review, monkeypatch):
    monkeypatch.chdir(review)
    path = review / "config" / "questions.yaml"
    more = BASE.replace("  beside: base-too\n", "").replace("base:", "_base:", 1)
    path.write_text(more + child("  trials: {line: null}\n  endpoints: [CVD]\n", "_base"))
    return review


def test_settings_with_the_line_of_each(asked):
    done = call(asked, "--settings", "child")
    assert done.exit_code == 0, done.output
    name, *rows = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert name == "child"
    assert "line 9, _base trials.design [rct]" in rows
    assert f"line {len(BASE.splitlines()) + 1} title Child" in rows
    assert "the kind's own kind comparison" in rows
    assert not [row for row in rows if "trials.line" in row]


def test_settings_as_one_object(asked):
    done = call(asked, "--settings", "child", "--json")
    record = json.loads(done.stdout)
    assert record["id"] == "child"
    assert record["kind"] == record["settings"]["kind"] == "comparison"
    assert record["settings"]["trials"] == {"design": ["rct"]}
    written = {one["setting"]: (one["question"], one["line"]) for one in record["written"]}
    assert written["kind"] == (None, None)
    assert written["measure"] == ("_base", 6)
    assert written["endpoints"][0] == "child"


@pytest.mark.parametrize("name", ["chld", "_base"])
def test_a_question_that_is_not_asked(asked, name):
    done = call(asked, "--settings", name)
    assert done.exit_code == 1
    assert "no question of this id is asked; there are child" in str(done.exception)


def test_json_is_for_settings(asked):
    assert call(asked, "--json").exit_code == 2


def test_a_former_name_is_told_with_its_line_and_what_it_is_now(tmp_path):
    file = tmp_path / "taxonomy.yaml"
    needed = ("classes", "mechanisms", "agents", "populations", "population_kinds")
    text = "".join(f"{name}: {{}}\n" for name in needed)
    file.write_text(f"{text}resistance_mechanisms: {{}}\n")
    _, (found,) = load_yaml(file, "taxonomy")
    assert (found.line, found.column) == (6, "resistance_mechanisms")
    assert "is now framework.chapters, beside framework.name" in found.message
