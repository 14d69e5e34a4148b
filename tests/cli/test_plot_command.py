"""`trialpool plot`: files in, figures out, faults named."""

import csv

import pytest
from sample_records import result
from typer.testing import CliRunner

from trialpool.cli.figure.plot_commands import KINDS
from trialpool.cli.figure.plot_kinds import OPTIONS
from trialpool.cli.main import app
from trialpool.findings import InputError
from trialpool.records.files import write_record

COUNTS = """\
study,events_experimental,n_experimental,events_control,n_control,year,age,line
A,12,100,20,100,2001,50,first
B,30,200,45,210,2005,55,later
C,8,90,9,80,2003,61,first
D,40,310,60,300,2010,64,later
E,15,120,11,118,2012,58,first
"""
MULTIVERSE = """\
group,policy,inclusion,tau2_method,ci_method,k,estimate,ci_lower,ci_upper,tau2,answer,holds
Added,main,all,REML,hk,4,-0.3,-0.5,-0.1,0.01,lower,yes
Added,main,all,DL,hk,4,-0.2,-0.5,0.1,0.01,neither,no
"""


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "trials.csv"
    path.write_text(COUNTS, encoding="utf-8")
    return path


def call(*arguments):
    return CliRunner().invoke(app, ["plot", *map(str, arguments)])


@pytest.mark.parametrize(
    ("command", "output"),
    [
        (("plot", "funnel"), "trials.svg"),  # its own trials.csv would go beside it
        (("plot", "funnel"), "link.png"),
        (("forest",), "trials.csv"),
        (("forest",), "link.csv"),
        (("reconstruct", "--patients", "20"), "trials.csv"),
    ],
)
def test_no_figure_is_written_over_the_table_that_it_shows(table, command, output):
    (table.parent / "link.csv").symlink_to(table)
    arguments = [*command, table, "-o", table.with_name(output)]
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    assert isinstance(done.exception, InputError)
    assert [finding.rule for finding in done.exception.findings] == ["input-kept"]
    assert table.read_text(encoding="utf-8") == COUNTS
    assert {path.name for path in table.parent.iterdir()} == {"trials.csv", "link.csv"}


@pytest.mark.parametrize("kind", ["influence", "leave-one-out"])
def test_a_row_for_each_of_thousands_is_refused(tmp_path, kind):
    table = tmp_path / "many.csv"
    rows = "".join(f"s{i},{i % 7 / 10},0.1\n" for i in range(2001))
    table.write_text(f"study,yi,vi\n{rows}", encoding="utf-8")
    done = call(kind, table, "--measure", "OR", "-o", tmp_path / "figure.png")
    assert isinstance(done.exception, InputError)
    assert "with 2001 rows is no picture: at most 2000" in str(done.exception)
    assert {path.name for path in tmp_path.iterdir()} == {"many.csv"}


OTHER_INPUT = (
    "overview", "specification", "network", "net-heat", "network-funnel", "league", "rank",
    "risk-of-bias",
)  # fmt: skip
NEEDS = {
    "cumulative": ("--order", "year"),
    "bubble": ("--moderator", "age"),
    "orchard": ("--by", "line"),
}


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in OTHER_INPUT])
def test_every_kind_is_drawn_from_a_table(kind, table, tmp_path):
    out = tmp_path / f"{kind}.svg"
    done = call(kind, table, "-o", out, "--measure", "OR", *NEEDS.get(kind, ()))
    assert done.exit_code == 0, done.output
    assert out.read_text(encoding="utf-8").count("<svg") == 1
    with out.with_suffix(".csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert rows
    assert not out.with_suffix(".pdf").exists()


def test_a_multiverse_of_several_groups_asks_for_the_option_that_names_one(tmp_path):
    path = tmp_path / "multiverse.csv"
    path.write_text(
        MULTIVERSE + MULTIVERSE.splitlines()[1].replace("Added", "Other") + "\n", "utf-8"
    )
    out = tmp_path / "spec.svg"
    found = call("specification", path, "-o", out, "--measure", "HR")
    assert found.exit_code == 1
    assert "--by None; the multiverse has: 'Added'; 'Other'" in str(found.exception)
    assert call("specification", path, "-o", out, "--measure", "HR", "--by", "Other").exit_code == 0


def test_specification_and_formats(tmp_path):
    path = tmp_path / "multiverse.csv"
    path.write_text(MULTIVERSE, encoding="utf-8")
    out = tmp_path / "curve.png"
    assert call("specification", path, "-o", out, "--measure", "HR").exit_code == 0
    assert out.read_bytes().startswith(b"\x89PNG")


def test_overview_of_a_results_folder(tmp_path):
    folder = tmp_path / "questions" / "one"
    folder.mkdir(parents=True)
    write_record(folder / "result.json", result(trials=[{}], groups=[{}]))
    out = tmp_path / "overview.pdf"
    assert call("overview", tmp_path, "-o", out).exit_code == 0
    assert out.read_bytes().startswith(b"%PDF")
    empty = call("overview", folder, "-o", out)
    assert isinstance(empty.exception, InputError)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("pie",), "allowed: funnel"),
        (("bubble", "--measure", "OR"), "bubble needs it"),
        (("labbe",), "labbe needs it"),
        (("funnel", "--measure", "OR", "--ci", "hk"), "does not go with funnel"),
        (("orchard", "--measure", "OR", "--by", "none"), "no column 'none'"),
    ],
)
def test_wrong_usage_exits_with_2(arguments, words, table, tmp_path):
    kind, *options = arguments
    done = call(kind, table, "-o", tmp_path / "x.svg", *options)
    assert done.exit_code == 2
    assert words in " ".join(done.output.replace("│", " ").split())


def test_unknown_format_exits_with_2(table, tmp_path):
    done = call("funnel", table, "-o", tmp_path / "x.gif", "--measure", "OR")
    assert done.exit_code == 2


def test_cells_that_are_no_numbers_are_named_all_at_once(table, tmp_path):
    text = COUNTS.replace("2001,50", "2001,old").replace("2010,64", "2010,young")
    table.write_text(text, encoding="utf-8")
    done = call("bubble", table, "-o", tmp_path / "x.svg", "--measure", "OR", "--moderator", "age")
    assert isinstance(done.exception, InputError)
    assert [f.line for f in done.exception.findings] == [2, 5]


def test_options_are_declared_for_every_kind():
    assert set(OPTIONS) == set(KINDS)
