"""`trialpool pool`: what it prints, that it is `random_effects`, and what it refuses."""

from __future__ import annotations

import csv
import json
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import trialpool as tp
from trialpool.cli.main import app
from trialpool.pooling.univariate.intervals import CI_METHODS, PI_METHODS
from trialpool.pooling.univariate.tau2 import TAU2_METHODS

ROOT = Path(__file__).resolve().parents[2]
# The keys that other people's scripts rely on.
CONTRACT = [
    "k",
    "measure",
    "scale",
    "estimate",
    "se",
    "ci_lower",
    "ci_upper",
    "p_value",
    "tau2",
    "tau2_se",
    "tau2_ci_lower",
    "tau2_ci_upper",
    "i2",
    "i2_q",
    "h2",
    "q",
    "q_df",
    "q_p_value",
    "pi_lower",
    "pi_upper",
    "tau2_method",
    "ci_method",
    "weights",
]
YI, VI = [-0.3, -0.1, 0.2, -0.6, -0.25], [0.02, 0.03, 0.05, 0.04, 0.1]
GENERIC = "yi,vi\n" + "\n".join(f"{y},{v}" for y, v in zip(YI, VI, strict=True)) + "\n"
TRIALS = """\
study,year,drug,hr,ci_lower,ci_upper,ci_level
DAPA-HF,2019,dapagliflozin,0.74,0.65,0.85,95
EMPEROR-Reduced,2020,empagliflozin,0.75,0.65,0.86,
EMPEROR-Preserved,2021,empagliflozin,0.79,0.69,0.90,95
DELIVER,2022,dapagliflozin,0.82,0.73,0.92,95.0
"""


@pytest.mark.parametrize("tau2", TAU2_METHODS)
@pytest.mark.parametrize("ci", CI_METHODS)
def test_is_random_effects(as_json, tau2, ci):
    if ci == "kr" and tau2 != "REML":
        return
    for pi in PI_METHODS:
        got = as_json(GENERIC, "--tau2", tau2, "--ci", ci, "--pi", pi)
        expected = tp.random_effects(YI, VI, tau2=tau2, ci=ci, pi=pi).to_dict()
        assert {key: got[key] for key in expected} == expected
        assert set(CONTRACT) <= set(got)
        assert got["method"] == "iv"


def test_options_are_passed_on(as_json):
    got = as_json(GENERIC, "--measure", "OR", "--level", "0.9", "--method", "iv")
    expected = tp.random_effects(YI, VI, level=0.9, measure="OR")
    assert (got["measure"], got["scale"], got["level"]) == ("OR", "log", 0.9)
    assert (got["ci_lower"], got["pi_upper"]) == (expected.ci_lower, expected.pi_upper)
    assert as_json(GENERIC)["measure"] == "generic"


def test_seed(as_json):
    one, two, other = (
        as_json(GENERIC, "--pi", "bootstrap", "--seed", seed)["pi_lower"] for seed in "112"
    )
    assert one == two != other


def test_every_set_of_columns(as_json):
    hr = as_json(TRIALS)
    printed = {
        "hr": [0.74, 0.75, 0.79, 0.82],
        "ci_lower": [0.65, 0.65, 0.69, 0.73],
        "ci_upper": [0.85, 0.86, 0.90, 0.92],
    }
    assert (hr["measure"], hr["k"]) == ("HR", 4)
    assert hr["estimate"] == tp.pool(tp.effect_sizes(**printed)).estimate
    assert hr["labels"] == ["DAPA-HF", "EMPEROR-Reduced", "EMPEROR-Preserved", "DELIVER"]

    errors = "sei,yi\n0.1,-0.3\n0.2,0.1\n"
    assert as_json(errors)["estimate"] == tp.random_effects([-0.3, 0.1], [0.1**2, 0.2**2]).estimate

    peto = as_json("o_minus_e,variance,x\n-10.5,30.25,\n3,4,\n", "--ci", "wald")
    direct = tp.random_effects([-10.5 / 30.25, 0.75], [1 / 30.25, 0.25], ci="wald")
    assert (peto["measure"], peto["estimate"], peto["se"]) == ("HR", direct.estimate, direct.se)


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_counts(as_json, measure):
    header = "events_experimental,n_experimental,events_control,n_control"
    table = f"{header}\n4,123,11,139\n6,306,29,303\n0,50,0,60\n3,231,11,220\n"
    got = as_json(table, "--measure", measure)
    effects = tp.effect_sizes(
        events_experimental=[4, 6, 0, 3],
        n_experimental=[123, 306, 50, 231],
        events_control=[11, 29, 0, 11],
        n_control=[139, 303, 60, 220],
        measure=measure,
    )
    assert got["estimate"] == tp.pool(effects).estimate
    assert got["k"] == (4 if measure == "RD" else 3)
    if measure != "RD":
        (gone,) = got["excluded"]
        assert (gone["line"], gone["label"]) == (4, "line 4")


def test_groups(as_json):
    got = as_json(TRIALS, "--by", "drug", "--tau2", "DL")
    assert [group["label"] for group in got["groups"]] == ["dapagliflozin", "empagliflozin"]
    assert got["k"] == 4
    rows = list(csv.DictReader(TRIALS.splitlines()))
    for group in got["groups"]:
        own = [row for row in rows if row["drug"] == group["label"]]
        effects = tp.effect_sizes(
            **{c: [float(row[c]) for row in own] for c in ("hr", "ci_lower", "ci_upper")}
        )
        expected = tp.pool(effects, tau2="DL").to_dict()
        assert {key: group[key] for key in expected} == expected
        assert group["labels"] == [row["study"] for row in own]
    test = got["subgroup_test"]
    assert (test["statistic"], test["tau2_assumption"], test["df1"]) == ("F", "common", 1)
    wald = as_json(TRIALS, "--by", "drug", "--ci", "wald")["subgroup_test"]
    assert (wald["statistic"], wald["tau2_assumption"]) == ("Q", "separate")


def test_sensitivity(as_json):
    got = as_json(TRIALS, "--leave-one-out", "--cumulative", "year", "--influence")
    names = ["DAPA-HF", "EMPEROR-Reduced", "EMPEROR-Preserved", "DELIVER"]
    for key in ("leave_one_out", "cumulative", "influence"):
        assert [row["label"] for row in got[key]] == names
    assert [row["k"] for row in got["leave_one_out"]] == [3, 3, 3, 3]
    assert [row["k"] for row in got["cumulative"]] == [1, 2, 3, 4]
    assert [row["entered_with"] for row in got["cumulative"]] == ["2019", "2020", "2021", "2022"]
    assert got["cumulative"][-1]["ci_upper"] == got["ci_upper"]
    assert [row["weight"] for row in got["influence"]] == pytest.approx(got["weights"])
    plain = as_json(TRIALS)
    assert not {"leave_one_out", "cumulative", "influence", "groups", "subgroup_test"} & set(plain)


def test_cumulative_by_date(as_json, faults):
    table = "yi,vi,when\n0.1,0.1,2020-05\n0.2,0.1,2019-12-31\n0.3,0.1,2020-04-30\n"
    got = as_json(table, "--cumulative", "when")
    assert [row["label"] for row in got["cumulative"]] == ["line 3", "line 4", "line 2"]
    mixed = faults(table + "0.4,0.1,spring 2021\n0.4,0.1,2021\n", "--cumulative", "when")
    assert [(f.line, f.value, f.rule) for f in mixed] == [
        (5, "spring 2021", "order"),
        (6, "2021", "order"),
    ]


def test_one_trial(as_json, run):
    got = as_json("yi,vi\n0.4,0.04\n", "--ci", "hk", "--leave-one-out", "--influence", "--by", "yi")
    half = 1.959963984540054 * 0.2
    assert got["ci_lower"] == pytest.approx(0.4 - half, rel=1e-14)
    assert (got["tau2"], got["i2"], got["pi_lower"]) == (0.0, None, None)
    assert got["leave_one_out"] is got["influence"] is None
    assert got["subgroup_test"]["note"] == "there is only one group"
    said = run("yi,vi\n0.4,0.04\n", "--leave-one-out").stdout
    assert "needs at least two trials" in said
    assert "Pooled" not in said


def test_two_trials_have_no_prediction_interval(as_json):
    assert as_json("yi,vi\n0.4,0.04\n0.1,0.01\n")["pi_lower"] is None


@pytest.mark.parametrize(
    "content",
    [
        TRIALS.encode("utf-8-sig"),
        TRIALS.replace("\n", "\r\n").encode(),
        TRIALS.replace("\n", "\r").encode(),
        ("\n" + TRIALS.replace("\n", "\n\n")).encode(),
        TRIALS.replace(",", " , ").encode(),
        TRIALS.replace("DAPA-HF", '"DAPA-HF"').rstrip("\n").encode(),
    ],
    ids=["bom", "crlf", "cr", "blank-lines", "spaces", "quotes"],
)
def test_forms_of_the_file(as_json, content):
    assert as_json(content) == as_json(TRIALS)


def test_tables_for_a_reader(run):
    said = run(
        TRIALS, "--by", "drug", "--leave-one-out", "--cumulative", "year", "--influence"
    ).stdout
    for words in (
        "Hazard ratio, 4 trials, random effects, τ² by REML, Hartung-Knapp interval with floor",
        "0.74 [0.65 to 0.85]",
        "Prediction interval",
        "Test of no effect: p = 0.005 (t, 3 df)",
        "Test of differences: F(1, 2)",
        "Residual heterogeneity within groups: Q(2)",
        "Leave-one-out",
        "EMPEROR-Reduced (2020)",
        "rstudent",
    ):
        assert words in said
    assert not [line for line in said.splitlines() if line != line.rstrip()]
    assert max(map(len, said.splitlines())) <= 120


def test_labels_are_not_markup(run):
    table = "label,yi,vi\n[bold]x[/bold],0.1,0.1\n[/red],0.2,0.1\n"
    said = run(table, "--leave-one-out", "--influence").stdout
    assert "[bold]x[/bold]" in said
    assert "[/red]" in said
    other = run("study,who,yi,vi\na,Ann,0.1,0.1\nb,,0.2,0.1\n", "--label", "who").stdout
    assert "Ann" in other
    assert "line 3" in other


def test_what_does_not_exist_is_a_dash(run):
    said = run("yi,vi\n0.4,0.04\n0.1,0.01\n", "--tau2", "CE", "--ci", "wald").stdout
    assert "common effect, Wald interval" in said
    assert "(from Q)" in said
    assert not re.search("nan|None", said)


def test_readme_shows_what_is_printed(run):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## The first minute")[2].partition("\n## ")[0]
    table, command, printed = re.findall(r"```[^\n]+\n(.*?)```", section, re.DOTALL)
    assert command == "trialpool pool trials.csv\n"
    done = run(table)
    assert done.stdout == printed
    for rule in ("title-line", "interval-cell", "columns-read"):
        assert f"[{rule}]" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--tau2", "reml"), "tau2='reml' is not known; allowed: REML, DL"),
        (("--ci", "HK"), "allowed: wald, hk, hk-adhoc"),
        (("--pi", "T"), "allowed: t, hts, normal"),
        (("--measure", "hr"), "measure='hr' is not known; allowed: HR, OR"),
        (("--method", "fixed"), "method='fixed' is not known; allowed: iv"),
        (("--level", "95"), "must lie in (0, 1)"),
        (("--level", "high"), "--level"),
        (("--by", "colour"), "no column 'colour'; there are: study, year, drug, hr"),
        (("--cumulative", "date"), "no column 'date'"),
        (("--label", "name"), "no column 'name'"),
        (("--measure", "OR"), "measure='OR' is not possible with hr"),
        (("--nonsense",), "--nonsense"),
    ],
)
def test_wrong_use(run, arguments, words):
    done = run(TRIALS, *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    ("table", "measures"),
    [
        ("events_experimental,n_experimental,events_control,n_control\n1,10,2,10\n", "OR, RR, RD"),
        # By metafor's names these columns hold an area under a curve too.
        ("study,ai,n1i,ci,n2i\nA,10,100,20,100\nB,8,80,12,80\n", "OR, RR, RD"),
        ("study,m1i,sd1i,n1i,m2i,sd2i,n2i\nA,5,1,30,4,1.1,31\nB,6,1,28,5,1,33\n", "MD, SMD"),
        ("study,xi,ni\nA,5,30\nB,6,28\n", "PR, "),
    ],
)
def test_counts_and_means_need_a_measure_and_the_error_names_one(run, table, measures):
    done = run(table)
    said = " ".join(done.stderr.replace("│", " ").split())
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"say which, as in --measure {measures.split(',')[0]} " in said
    assert f"allowed: {measures}" in said


def test_help_names_what_the_pooling_knows(run):
    said = CliRunner(env={"COLUMNS": "300"}).invoke(app, ["pool", "--help"]).stdout
    for name in (*TAU2_METHODS, *CI_METHODS, *PI_METHODS):
        assert re.search(rf"[ :]{name}[,. ]", said), name


def test_doubts_go_to_stderr_and_into_the_record(run):
    done = run("hr,ci_lower,ci_upper\n0.30,0.10,0.50\n", "--json")
    assert done.exit_code == 0
    assert "warning: trials.csv, line 2, row 1, column hr" in done.stderr
    assert "interval-symmetry" in json.loads(done.stdout)["warnings"][0]


def test_from_the_shell(tmp_path):
    """Exit status and streams of the real command."""
    file = tmp_path / "trials.csv"
    command = [sys.executable, "-m", "trialpool.cli.main", "pool", str(file)]

    def shell() -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(command, check=False, capture_output=True)

    missing = shell()
    assert (missing.returncode, missing.stdout) == (1, b"")
    assert b"there is no such file" in missing.stderr
    file.write_text("yi,vi\n0.1,0\n", encoding="utf-8")
    faulty = shell()
    assert (faulty.returncode, faulty.stdout) == (1, b"")
    assert faulty.stderr.decode() == (
        "fatal: trials.csv, line 2, row 1, column vi: vi must be above 0 (value: '0') "
        "[positive-variance] A trial without a spread cannot be weighed: check the number, or "
        "take it out.\n"
    )
    file.write_text(GENERIC, encoding="utf-8")
    fine = shell()
    assert (fine.returncode, fine.stderr) == (0, b"")
    assert "5 trials" in fine.stdout.decode("utf-8")


def test_full_precision(as_json):
    got = as_json(GENERIC)
    expected = tp.random_effects(YI, VI)
    assert math.isclose(got["estimate"], expected.estimate, rel_tol=0)
    assert got["weights"] == list(expected.weights)
