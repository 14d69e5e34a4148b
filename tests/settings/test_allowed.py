"""trialpool settings: what may stand in a file, wherever trialpool is installed."""

import pytest
import yaml
from typer.testing import CliRunner

from trialpool.cli.main import app
from trialpool.settings.kinds import kinds, question_schema
from trialpool.settings.schemas import remedy, schema_names, schema_path

RUN = CliRunner()


@pytest.mark.parametrize("name", schema_names())
def test_each_schema_is_printed_by_the_command_that_its_faults_name(name: str) -> None:
    command = remedy(name).removeprefix("Allowed settings: trialpool ")
    done = RUN.invoke(app, command.split(" "))
    assert done.exit_code == 0, done.output
    first, *others = yaml.safe_load_all(done.output)
    assert first == yaml.safe_load(schema_path(name).read_text("utf-8"))
    assert len(others) == (len(kinds()) if name == "questions" else 0)


def test_settings_of_each_kind_follow_those_of_every_question() -> None:
    printed = RUN.invoke(app, ["settings", "questions"]).output
    for kind in kinds():
        assert f"# kind: {kind}\n" in printed
    network = printed.partition("# kind: network\n")[2].partition("# kind:")[0]
    own = yaml.safe_load(network.removesuffix("---\n"))["properties"]
    assert set(own) <= set(question_schema("network")["properties"])


def test_names_alone_and_a_name_that_is_none() -> None:
    assert RUN.invoke(app, ["settings"]).output.split() == schema_names()
    done = RUN.invoke(app, ["settings", "trials"])
    assert done.exit_code == 2
    assert "taxonomy" in done.output
