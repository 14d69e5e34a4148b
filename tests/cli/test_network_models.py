"""`trialpool network` with classes, components or a covariate: numbers, marks, faults."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trialpool.cli.main import app
from trialpool.findings import InputError

REFERENCE = Path(__file__).parents[1] / "reference"
ONCOLOGY = REFERENCE / "network_oncology.csv"
APART = "study,treat1,treat2,yi,vi\none,a1,p,-0.5,0.02\ntwo,a2,q,-0.2,0.03\n"
CLASSES = "treatment,class\na1,a\na2,a\nq,\n"


def call(*arguments):
    return CliRunner().invoke(app, ["network", *map(str, arguments)])


def parsed(*arguments):
    done = call(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout, parse_constant=pytest.fail)


@pytest.fixture
def files(tmp_path):
    trials, classes = tmp_path / "trials.csv", tmp_path / "classes.csv"
    trials.write_text(APART, encoding="utf-8")
    classes.write_text(CLASSES, encoding="utf-8")
    return trials, classes


def test_classes_join_and_are_marked(files):
    trials, classes = files
    options = ("--reference", "p", "--classes", classes)
    record = parsed(trials, *options, "--prior", "half-normal:0.2", "--spread-prior",
                    "half-normal:0.3")  # fmt: skip
    own = record["league"]["q"]["p"]
    assert own["note"] == "through the class assumption"
    assert own["estimate"] == pytest.approx(-0.5 + 0.2, abs=1e-8)
    # Means of the squares of both priors.
    variance = 0.05 + 2 * 0.2**2 + 2 * 0.3**2
    assert own["se"] == pytest.approx(variance**0.5, rel=1e-6)
    assert record["league"]["a1"]["p"]["note"] == ""
    assert record["p_scores"] == dict.fromkeys(("a1", "a2", "p", "q"))
    assert [row["factor"] for row in record["sensitivity"]] == [0.5, 2.0]
    text = call(trials, *options).stdout
    assert "†" in text
    assert "through the class assumption" in text
    assert "No ranks: the network is a tree with no degree of freedom" in text


def test_keys_are_those_of_the_plain_network(tmp_path):
    classes = tmp_path / "classes.csv"
    classes.write_text("treatment,class\nlapatinib,t\nneratinib,t\n", encoding="utf-8")
    keys = ("treatments", "league", "league_common", "tau2", "q", "q_inconsistency", "p_scores")
    plain = parsed(ONCOLOGY)
    models = (("--classes", classes), ("--classes", classes, "--class-method", "REML"),
              ("--classes", classes, "--class-effects", "equal"), ("--components",))  # fmt: skip
    for options in models:
        record = parsed(ONCOLOGY, *options)
        assert set(keys) <= set(record)
        assert record["treatments"] == plain["treatments"]
        cell = record["league"]["tdxd"]["lapatinib"]
        assert {"estimate", "se", "ci_lower", "ci_upper"} <= set(cell)
        assert "contributions" in record


def test_components_are_those_of_netmeta():
    expected = json.loads((REFERENCE / "netmeta_components.json").read_text(encoding="utf-8"))
    wanted = expected["disconnected_A:B"]
    record = parsed(REFERENCE / "network_disconnected.csv", "--components", "--inactive", "placebo",
                    "--reference", "placebo", "--interaction", "A:B", "--tau2", "DL")  # fmt: skip
    effects = record["component_effects"]
    for name, value in zip(wanted["comps"], wanted["Comp.random"], strict=True):
        own = effects[name.replace("*", ":")]["estimate"]
        assert own == (None if value is None else pytest.approx(value))
    assert record["q"] == pytest.approx(wanted["Q.additive"])
    assert record["matrix"]["A+B"] == {"A": 1, "B": 1, "C": 0, "D": 0, "A:B": 1}
    text = call(REFERENCE / "network_disconnected.csv", "--components", "--inactive", "placebo",
                "--reference", "placebo").stdout  # fmt: skip
    assert "the trials do not tell apart: D" in text
    assert "Against the treatment model" in text


def test_a_covariate_of_the_studies():
    record = parsed(ONCOLOGY, "--reference", "placebo", "--moderator", "x")
    (slope,) = record["slopes"]
    assert slope["estimate"] == pytest.approx(-0.0133966, abs=1e-6)
    assert record["df"] == 6
    text = call(ONCOLOGY, "--reference", "placebo", "--moderator", "x").stdout
    assert "6 degrees of freedom" in text


def test_a_covariate_of_too_few_studies_is_not_estimable(tmp_path):
    path = tmp_path / "few.csv"
    path.write_text("study,treat1,treat2,yi,vi,line\none,a,b,-0.1,0.02,1\ntwo,a,b,-0.3,0.02,2\n",
                    encoding="utf-8")  # fmt: skip
    assert "not estimable: 0 degrees of freedom would remain" in call(path, "--moderator",
                                                                      "line").stdout  # fmt: skip


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--components", "--moderator", "x"], "one model at a time"),
        (["--prior", "half-normal:0.2"], "it goes with --bayes or --classes"),
        (["--inactive", "placebo"], "it goes with --components"),
        (["--interaction", "a:b"], "it goes with --components"),
        (["--components", "--inactive", "sham"], "is in no treatment"),
        (["--moderator", "age"], "is no column"),
    ],
)
def test_wrong_usage(options, message):
    done = call(ONCOLOGY, *options)
    assert done.exit_code == 2
    # The frame of the message breaks lines.
    assert message in " ".join(done.output.replace("│", " ").split())


def test_faults_of_the_table_of_classes(tmp_path):
    classes = tmp_path / "classes.csv"
    classes.write_text("drug,class\na,b\n", encoding="utf-8")
    done = call(ONCOLOGY, "--classes", classes)
    assert isinstance(done.exception, InputError)
    assert "no column treatment" in str(done.exception)
    classes.write_text("treatment,class\ntdm1,a\ntdm1,b\n", encoding="utf-8")
    done = call(ONCOLOGY, "--classes", classes)
    assert "'tdm1' is in 'a' and in 'b'" in str(done.exception)
    classes.write_text("treatment,class\ntdm1,a\nelse,a\n", encoding="utf-8")
    assert call(ONCOLOGY, "--classes", classes).exit_code == 2


def test_faults_of_the_covariate(tmp_path):
    path = tmp_path / "trials.csv"
    path.write_text("study,treat1,treat2,yi,vi,line\none,a,b,-0.1,0.02,1\ntwo,a,b,-0.3,0.02,x\n",
                    encoding="utf-8")  # fmt: skip
    done = call(path, "--moderator", "line")
    assert isinstance(done.exception, InputError)
    assert "not a number" in str(done.exception)
