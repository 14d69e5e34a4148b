"""`trialpool network`: tables in, a network meta-analysis or named faults out."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import trialpool as tp
from trialpool.cli.main import app
from trialpool.findings import InputError
from trialpool.pooling import random_effects

REFERENCE = Path(__file__).parents[1] / "reference"
NETMETA = json.loads((REFERENCE / "netmeta.json").read_text(encoding="utf-8"))
SMOKING = REFERENCE / "network_smokingcessation.csv"
DOGLIOTTI = REFERENCE / "network_dogliotti.csv"


def call(*arguments):
    return CliRunner().invoke(app, ["network", *map(str, arguments)])


def parsed(*arguments):
    done = call(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout, parse_constant=pytest.fail)


def faults(text, tmp_path, *options):
    path = tmp_path / "trials.csv"
    path.write_text(text, encoding="utf-8")
    done = call(path, *options)
    assert isinstance(done.exception, InputError), done.output
    return done.exception.findings


@pytest.mark.parametrize("method", ["DL", "REML"])
def test_json_holds_the_league_tables_of_netmeta(method):
    record = parsed(
        SMOKING, "--measure", "OR", "--tau2", method, "--reference", "A", "--ci", "wald"
    )
    expected = NETMETA[f"smokingcessation_{method}"]
    names = expected["treatments"]
    assert record["treatments"] == names
    assert record["tau2"] == pytest.approx(expected["tau2"], rel=2e-6)
    assert record["q"] == pytest.approx(expected["Q"])
    assert record["q_inconsistency"] == pytest.approx(expected["Q_inconsistency"])
    assert record["p_scores"] == pytest.approx(expected["pscore_random_small_good"], abs=1e-6)
    for i, a in enumerate(names):
        for j, b in enumerate(names):
            for key, model in (("league", "random"), ("league_common", "common")):
                cell = record[key][a][b]
                assert cell["estimate"] == pytest.approx(expected[f"te_{model}"][i][j], abs=1e-6)
                assert cell["se"] == pytest.approx(expected[f"se_{model}"][i][j], abs=1e-6)
                half = 1.959963984540054 * cell["se"]
                assert cell["ci_lower"] == pytest.approx(cell["estimate"] - half)
                assert cell["ci_upper"] == pytest.approx(cell["estimate"] + half)


def test_small_values_turn_the_ranking():
    good = parsed(SMOKING, "--measure", "OR")["p_scores"]
    bad = parsed(SMOKING, "--measure", "OR", "--small-values", "bad")["p_scores"]
    assert {name: 1 - score for name, score in good.items()} == pytest.approx(bad)


def test_hazard_ratios_with_intervals_are_contrasts(tmp_path):
    path = tmp_path / "ratios.csv"
    path.write_text(
        "study,treat1,treat2,hr,ci_lower,ci_upper\n"
        "one,new,old,0.80,0.65,0.98\ntwo,new,other,0.90,0.70,1.16\n",
        encoding="utf-8",
    )
    record = parsed(path)
    assert (record["measure"], record["scale"], record["k"]) == ("HR", "log", 2)
    # ln(0.98/0.65)/(2·1.959964), the direct and only evidence.
    assert record["league"]["new"]["old"]["se"] == pytest.approx(0.41054 / 3.919928, abs=2e-5)
    assert record["q_inconsistency"] is None
    assert "not estimable" in record["q_inconsistency_note"]


def test_observed_minus_expected_events_are_contrasts(tmp_path):
    path = tmp_path / "logrank.csv"
    path.write_text("study,treat1,treat2,o_minus_e,variance\none,new,old,-8.0,20\n", "utf-8")
    cell = parsed(path)["league"]["new"]["old"]
    assert (cell["estimate"], cell["se"]) == pytest.approx((-0.4, 20**-0.5))


def test_text_says_what_was_done():
    text = call(DOGLIOTTI, "--measure", "OR", "--reference", "Placebo or control").output
    assert "network of 8 treatments, 19 trials (4 with more than two arms)" in text
    assert "small values are good" in text
    assert "Not analysed: WASPO, 2007: no events in any arm." in text
    assert "The other 17 pairs: indirect evidence alone" in text
    assert "design by treatment" in text
    small = call(REFERENCE / "network_parkinson.csv").output
    assert "Against 4" in small
    assert "1 – 5" in small
    league = call(SMOKING, "--measure", "OR").output
    assert "League table: row against column" in league
    evidence = [text.partition("Contributions")[0] for text in (league, small)]
    rows = [line for line in "".join(evidence).splitlines() if " – " in line]
    assert len(rows) == 16
    assert all(len(line) <= 120 for line in rows)


def test_without_splits_the_rest_is_the_same():
    whole, without = (
        parsed(DOGLIOTTI, "--measure", "OR", *more) for more in ((), ("--no-splits",))
    )
    assert len(whole.pop("node_splitting")) == 11
    assert without.pop("node_splitting") == []
    assert whole == without
    text = call(DOGLIOTTI, "--measure", "OR", "--no-splits").stdout
    assert "p split" not in text
    assert "Indirect" in text


def test_the_example_of_the_documentation_is_what_is_printed():
    text = (
        Path(__file__).parents[2] / "docs" / "explanation" / "networks" / "network.md"
    ).read_text(encoding="utf-8")
    shown = text.split("begins with\n\n```text\n", 1)[1].split("\n```", 1)[0]
    printed = call(DOGLIOTTI, "--measure", "OR", "--reference", "Placebo or control").stdout
    assert printed.startswith(shown)


def test_parts_and_corrections_are_told(tmp_path):
    path = tmp_path / "parts.csv"
    path.write_text(
        "study,treatment,events,n\na,A,0,20\na,B,5,20\nb,X,3,20\nb,Y,4,20\n", encoding="utf-8"
    )
    text = call(path, "--measure", "RR", "--reference", "A").output
    assert "Not connected with A: X, Y." in text
    assert "0.5 added to both cells of all arms of (a zero cell): a." in text
    assert "falls into 2 parts" in text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--tau2", "PM"), "allowed: REML, ML, DL"),
        (("--small-values", "x"), "allowed: good, bad"),
        (("--measure", "PLO"), "measure='PLO' is not known"),
        (("--level", "95"), "must lie in (0, 1)"),
        (("--reference", "Q"), "'Q' is no treatment of network_smokingcessation.csv"),
    ],
)
def test_wrong_usage_exits_with_2(options, words):
    done = call(SMOKING, *options)
    assert done.exit_code == 2
    assert words in " ".join(done.output.replace("│", " ").split())


def test_arms_need_a_measure():
    done = call(DOGLIOTTI)
    assert done.exit_code == 2
    assert "allowed: OR, RR, RD" in done.output
    assert call(DOGLIOTTI, "--measure", "HR").exit_code == 2


HEAD = "study,treat1,treat2,yi,sei\n"


def test_faults_name_line_column_and_value(tmp_path):
    found = faults(HEAD + "a,A,B,0.1,x\nb,,B,0.1,0.2\nc,A,B,0.1,-1\n", tmp_path)
    places = {(f.line, f.column, f.value) for f in found}
    assert places == {(2, "sei", "x"), (3, "treat1", ""), (4, "sei", "-1")}


def test_studies_that_make_no_network_are_named(tmp_path):
    text = HEAD + "a,A,B,0.1,0.2\na,A,C,0.3,0.2\nb,A,A,0.1,0.2\n"
    first, second = faults(text, tmp_path)
    assert (first.rule, first.line, first.column) == ("all-contrasts", 2, "study")
    assert "(lines 2, 3)" in first.message
    assert (second.rule, second.line, second.value) == ("two-treatments", 4, "A")
    loop = HEAD + "a,A,B,0.50,0.2\na,B,C,0.50,0.2\na,A,C,0.10,0.2\n"
    assert [f.rule for f in faults(loop, tmp_path)] == ["loop-closes"]
    # Within what rounding to two decimals can do, the loop closes.
    path = tmp_path / "rounded.csv"
    path.write_text(loop.replace("0.10", "0.99"), encoding="utf-8")
    assert call(path).exit_code == 0


def test_arms_are_checked_cell_by_cell(tmp_path):
    text = "study,treatment,events,n\na,A,1.5,20\na,B,x,20\nb,A,30,20\nb,B,,0\nc,A,1,9\nc,A,2,9\n"
    found = faults(text, tmp_path, "--measure", "OR")
    assert {(f.line, f.column, f.rule) for f in found} == {
        (2, "events", "whole-number"), (3, "events", "number"), (4, "events", "events-within-n"),
        (5, "events", "number"), (5, "n", "patients"),
    }  # fmt: skip
    twice = "study,treatment,events,n\nc,A,1,9\nc,A,2,9\n"
    (one,) = faults(twice, tmp_path, "--measure", "OR")
    assert (one.rule, one.line, one.value) == ("arm-once", 3, "A")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "no accepted set of columns"),
        ("study,treat1,treat2,treatment,events,n\ns,A,B,A,1,2\n", "only one can be meant"),
        ("study,treat1,treat2,yi,sd\ns,A,B,1,2\n", "no accepted set of columns"),
        ("study,treatment,events,n\na,A,0,5\na,B,0,5\n", "no trial is left"),
    ],
)
def test_tables_of_another_kind_are_refused(text, words, tmp_path):
    found = faults(text, tmp_path, "--measure", "OR")
    assert words in str(InputError(found))


def test_two_spellings_of_a_treatment_are_a_warning(tmp_path):
    path = tmp_path / "spelling.csv"
    path.write_text(HEAD + "a,Placebo,B,0.1,0.2\nb,placebo,B,0.1,0.2\n", encoding="utf-8")
    done = call(path)
    assert done.exit_code == 0
    assert "'Placebo' and 'placebo' are taken for 2 treatments" in done.stderr


CELLS = st.sampled_from(["A", "B", "C", "", "0.1", "0.30", "-2", "1e9", "nan", "5", "0", "x"])


@settings(
    max_examples=25, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    head=st.sampled_from([HEAD, "study,treatment,events,n\n"]),
    rows=st.lists(st.lists(CELLS, min_size=4, max_size=5), max_size=6),
)
def test_any_table_gives_a_result_or_names_its_faults(head, rows, tmp_path):
    path = tmp_path / "any.csv"
    path.write_text(head + "".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    done = call(path, "--measure", "OR", "--json")
    if done.exception is None:
        record = json.loads(done.stdout, parse_constant=pytest.fail)
        assert record["k"] >= 1
    else:
        assert isinstance(done.exception, InputError)
        assert all(finding.message for finding in done.exception.findings)


RATIOS = (
    "study,treat1,treat2,hr,ci_lower,ci_upper\na,B,A,0.80,0.65,0.98\nb,B,A,0.70,0.55,0.89\n"
    "c,C,A,0.90,0.70,1.16\nd,C,B,1.20,0.95,1.52\n"
)


def test_the_interval_that_is_printed_is_named(tmp_path):
    path = tmp_path / "ratios.csv"
    path.write_text(RATIOS, encoding="utf-8")
    assert "Wald intervals" in call(path, "--ci", "wald").output
    text = call(path, "--ci", "hk").output
    assert "Hartung-Knapp intervals (t with 2 degrees of freedom)" in text
    assert "Hartung-Knapp intervals with floor (t with 2 degrees of freedom)" in call(path).output
    record = parsed(path)
    assert record["warnings"] == []
    assert (record["ci_method"], record["ci_df"]) == ("hk-adhoc", 2)
    assert call(path, "--ci", "t").exit_code == 2


def test_without_a_degree_of_freedom_it_is_walds_and_everything_says_so(tmp_path):
    path = tmp_path / "tree.csv"
    rows = "study,treat1,treat2,yi,sei\na,B,A,-0.2,0.1\nb,C,B,-0.1,0.2\n"
    path.write_text(rows, encoding="utf-8")
    warning = "no degree of freedom is left for Hartung-Knapp intervals"
    text = " ".join(call(path).output.split())
    assert f"Warning: {warning}" in text
    record = parsed(path)
    assert record["ci_method"] == "wald"
    assert record["warnings"][0].startswith(warning)
    half = 1.959963984540054 * (0.1**2 + 0.2**2) ** 0.5
    assert record["league"]["C"]["A"]["ci_upper"] == pytest.approx(-0.3 + half)
    found = tp.network(
        study=["a", "b"], treat1=["B", "C"], treat2=["A", "B"], yi=[-0.2, -0.1], sei=[0.1, 0.2]
    )
    assert list(found.warnings) == record["warnings"]
    # Asked for, it is no fallback.
    assert parsed(path, "--ci", "wald")["warnings"] == []
    components = parsed(path, "--components")
    assert components["warnings"] == record["warnings"]


def test_the_bayesian_model_stands_beside_it(tmp_path):
    path = tmp_path / "ratios.csv"
    path.write_text(RATIOS, encoding="utf-8")
    text = call(path, "--bayes").output
    assert "Bayesian model, inverse-gamma prior of τ" in text
    assert "bartos2023-hr" in text
    record = parsed(path, "--bayes", "--prior", "half-normal:0.2")
    assert "half-normal" in record["bayes"]["prior"]
    cell = record["bayes"]["league"]["B"]["A"]
    assert cell["ci_lower"] < record["league"]["B"]["A"]["estimate"] < cell["ci_upper"]
    assert 0.9 < cell["p_below"] < 1.0
    assert call(path, "--prior", "half-normal:0.2").exit_code == 2
    assert call(path, "--bayes", "--prior", "wrong").exit_code == 2


def test_contributions_and_judgements_are_shown(tmp_path):
    path, judged = tmp_path / "ratios.csv", tmp_path / "judged.csv"
    path.write_text(RATIOS, encoding="utf-8")
    judged.write_text("study,judgement\na,low\nb,high\nother,high\n", encoding="utf-8")
    text = call(path, "--reference", "A", "--judgements", judged).output
    assert "Contributions to the estimates" in text
    assert "Share of the evidence by the judgement" in text
    record = parsed(path, "--reference", "A", "--judgements", judged)
    own = record["contributions"]["A"]["B"]
    assert sum(c["share"] for c in own["comparisons"]) == pytest.approx(1.0)
    assert sum(own["studies"].values()) == pytest.approx(1.0)
    shares = next(row for row in record["judged"] if row["treat1"] == "B")["shares"]
    assert shares["low"] == pytest.approx(own["studies"]["a"])
    assert shares["high"] == pytest.approx(own["studies"]["b"])
    assert sum(shares.values()) == pytest.approx(1.0)
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("trial,risk\na,low\n", encoding="utf-8")
    assert isinstance(call(path, "--judgements", wrong).exception, InputError)


def test_errors_that_do_not_fit_are_refused_or_repaired(tmp_path):
    text = HEAD + "a,A,B,0.1,0.2\na,A,C,0.3,0.25\na,B,C,0.2,0.6\n"
    (found,) = faults(text, tmp_path)
    assert "too large by 0.15" in found.message
    assert "--repair-errors" in found.remedy
    done = call(tmp_path / "trials.csv", "--repair-errors")
    assert done.exit_code == 0
    assert "Repaired:" in done.output


def test_a_missing_contrast_needs_patients_or_a_correlation(tmp_path):
    text = HEAD + "a,B,A,0.1,0.2\na,C,A,0.3,0.25\n"
    (found,) = faults(text, tmp_path)
    assert found.rule == "all-contrasts"
    assert "--correlation" in found.remedy
    done = call(tmp_path / "trials.csv", "--correlation", "0.5")
    assert "stated correlation of 0.5" in done.output
    assert call(tmp_path / "trials.csv", "--correlation", "2").exit_code == 2


def test_a_trial_without_events_counts_for_differences():
    path = REFERENCE / "network_rd_no_events.csv"
    cell = parsed(path, "--measure", "RD")["league"]["A"]["B"]
    # 0.5 added to the cells of the trial without events, then a pool of two arms.
    arms = [((0.5, 101), (0.5, 101)), ((8, 90), (15, 95)), ((4, 80), (6, 82))]
    pool = random_effects(
        [a / n - b / m for (a, n), (b, m) in arms],
        [a * (n - a) / n**3 + b * (m - b) / m**3 for (a, n), (b, m) in arms],
        ci="wald",
    )
    assert (cell["estimate"], cell["se"]) == pytest.approx((pool.estimate, pool.se), abs=1e-9)
