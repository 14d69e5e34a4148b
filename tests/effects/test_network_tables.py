"""Tables of network evidence as other programs write them: one network, many column sets."""

import csv
import io
import json
import math
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from trialpool.cli.main import app
from trialpool.effects.inputs import MeasureRefusedError, read_table
from trialpool.effects.networks import read_network
from trialpool.effects.networks.columns import recognise
from trialpool.findings import InputError
from trialpool.pooling.network import network

# Off-time with dopamine agonists (Franchini et al. 2012): y, sd, n of the arms of 7 trials.
PARKINSON = {
    "1": [("1", -1.22, 3.7, 54), ("3", -1.53, 4.28, 95)],
    "2": [("1", -0.7, 3.7, 172), ("2", -2.4, 3.4, 173)],
    "3": [("1", -0.3, 4.4, 76), ("2", -2.6, 4.3, 71), ("4", -1.2, 4.3, 81)],
    "4": [("3", -0.24, 3.0, 128), ("4", -0.59, 3.0, 72)],
    "5": [("3", -0.73, 3.0, 80), ("4", -0.18, 3.0, 46)],
    "6": [("4", -2.2, 2.31, 137), ("5", -2.5, 2.18, 131)],
    "7": [("4", -1.8, 2.48, 154), ("5", -2.1, 2.99, 143)],
}
# Smoking cessation (Hasselblad 1998), some trials: events and patients of arms.
SMOKING = {
    "1": [("A", 75, 731), ("C", 363, 714)],
    "2": [("A", 9, 140), ("C", 23, 140), ("D", 10, 138)],
    "3": [("A", 2, 106), ("C", 9, 205)],
    "6": [("A", 11, 78), ("B", 12, 85), ("C", 29, 170)],
    "7": [("B", 20, 49), ("C", 16, 43)],
    "8": [("C", 7, 66), ("D", 32, 127)],
}


def text(header, rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(["NA" if cell is None else cell for cell in row] for row in rows)
    return out.getvalue()


def read(tmp_path, content, measure=None, columns=None):
    path = tmp_path / "trials.csv"
    path.write_text(content, encoding="utf-8")
    return read_network(read_table(path), measure, columns)


def analysed(tmp_path, content, measure=None, columns=None, **options):
    found = read(tmp_path, content, measure, columns)
    return network(**found.arguments, node_splitting=False, **options)


def league(result):
    return np.array(
        [
            [(result.compare(a, b).estimate, result.compare(a, b).se) for b in result.treatments]
            for a in result.treatments
        ]
    )


def mean_contrasts():
    """All contrasts of every trial: difference of means, √(sd²/n + sd²/n)."""
    for study, arms in PARKINSON.items():
        for (a, y, s, n), (b, z, t, m) in combinations(arms, 2):
            yield study, a, b, y - z, math.sqrt(s * s / n + t * t / m), n, m


def parkinson():
    rows = list(mean_contrasts())
    return network(
        study=[r[0] for r in rows], treat1=[r[1] for r in rows], treat2=[r[2] for r in rows],
        yi=[r[3] for r in rows], sei=[r[4] for r in rows], node_splitting=False,
    )  # fmt: skip


def baseline(shared):
    """Effects against the first arm of each trial, whose row has the error of that arm."""
    for study, arms in PARKINSON.items():
        _, y, s, n = arms[0]
        for i, (name, z, t, m) in enumerate(arms):
            if i == 0:
                own = s / math.sqrt(n) if len(arms) > 2 and shared else None
                yield study, name, None, own, m
            else:
                yield study, name, z - y, math.sqrt(s * s / n + t * t / m), m


def wide(arms, columns, most=3):
    """One row per trial: the cells of each arm side by side, empty where it has fewer."""
    header = [f"{name}{i}" for i in range(1, most + 1) for name in columns]
    rows = [
        [study, *(cell for arm in own for cell in arm)] + [None] * (most - len(own)) * len(columns)
        for study, own in arms.items()
    ]
    return header, rows


MEANS = {
    "netmeta contrasts": lambda: text(
        ["studlab", "treat1", "treat2", "TE", "seTE"], [r[:5] for r in mean_contrasts()]
    ),
    "netmeta pairwise": lambda: text(
        ["TE", "seTE", "studlab", "treat1", "treat2", "n1", "n2", "TE.orig"],
        [(r[3], r[4], r[0], r[1], r[2], r[5], r[6], r[3]) for r in mean_contrasts()],
    ),
    "gemtc relative effects": lambda: text(
        ["study", "treatment", "diff", "std.err"], [r[:4] for r in baseline(True)]
    ),
    "gemtc arms": lambda: text(
        ["study", "treatment", "mean", "std.dev", "sampleSize"],
        [(s, *arm) for s, arms in PARKINSON.items() for arm in arms],
    ),
    "gemtc arms with errors": lambda: text(
        ["study", "treatment", "mean", "std.err"],
        [(s, a, y, sd / math.sqrt(n)) for s, arms in PARKINSON.items() for a, y, sd, n in arms],
    ),
    "multinma contrasts": lambda: text(
        ["studyn", "trtn", "y", "se"], [r[:4] for r in baseline(True)]
    ),
    "multinma arms and contrasts": lambda: text(
        ["studyn", "trtn", "y", "se", "n", "diff", "se_diff"],
        [
            (s, a, y, sd / math.sqrt(n), n, d, e)
            for (s, a, y, sd, n), (_, _, d, e, _) in zip(
                ((s, *arm) for s, arms in PARKINSON.items() for arm in arms), baseline(True),
                strict=True,
            )
        ],
    ),
    "multinma arms": lambda: text(
        ["study", "trt", "y", "se"],
        [(s, a, y, sd / math.sqrt(n)) for s, arms in PARKINSON.items() for a, y, sd, n in arms],
    ),
    "BUGSnet": lambda: text(
        ["Study", "Treatment", "mean", "sd", "n", "age"],
        [(s, *arm, 61) for s, arms in PARKINSON.items() for arm in arms],
    ),
    "metadat wide": lambda: text(
        ["Study", *(h := wide(PARKINSON, ("Treatment", "y", "sd", "n")))[0]], h[1]
    ),
    "WinBUGS": lambda: text(
        ["study", *(f"{n}[,{i}]" for i in range(1, 4) for n in ("t", "y", "se")), "na[]"],
        [
            [s, *(c for a, y, sd, n in arms for c in (a, y, sd / math.sqrt(n)))]
            + [None] * 3 * (3 - len(arms)) + [len(arms)]
            for s, arms in PARKINSON.items()
        ],
    ),
}  # fmt: skip
COUNTS = {
    "own": ["study", "treatment", "events", "n"],
    "gemtc": ["study", "treatment", "responders", "sampleSize"],
    "multinma": ["studyn", "trtc", "r", "n"],
    "BUGSnet": ["Study", "Treatment", "events", "N"],
    "metadat": ["study", "trt", "xi", "ni"],
    "netmeta": ["studlab", "treat", "event", "n"],
    "Stata": ["study", "trt", "d", "n"],
    "pcnetmeta": ["s.id", "t.id", "r", "n"],
}


@pytest.mark.parametrize("form", MEANS)
def test_means_in_every_form_are_one_network(form, tmp_path):
    found = analysed(tmp_path, MEANS[form]())
    expected = parkinson()
    assert found.treatments == expected.treatments
    assert found.tau2.value == pytest.approx(expected.tau2.value, abs=1e-9)
    assert league(found) == pytest.approx(league(expected), abs=1e-9)


@pytest.mark.parametrize("form", COUNTS)
def test_counts_in_every_form_are_one_network(form, tmp_path):
    rows = [(s, *arm) for s, arms in SMOKING.items() for arm in arms]
    expected = analysed(tmp_path, text(COUNTS["own"], rows), "OR")
    found = analysed(tmp_path, text(COUNTS[form], rows), "OR")
    assert league(found) == pytest.approx(league(expected), abs=1e-12)


def test_counts_side_by_side_are_the_same_network(tmp_path):
    rows = [(s, *arm) for s, arms in SMOKING.items() for arm in arms]
    expected = analysed(tmp_path, text(COUNTS["own"], rows), "OR")
    for names, signs in (
        (("t", "r", "n"), "{}{}"), (("treat", "event", "n"), "{}{}"), (("t", "r", "n"), "{}[,{}]"),
    ):  # fmt: skip
        header = [signs.format(n, i) for i in range(1, 4) for n in names]
        found = analysed(tmp_path, text(["studlab", *header], wide(SMOKING, names)[1]), "OR")
        assert league(found) == pytest.approx(league(expected), abs=1e-12)
    # Pairs of arms, those of a trial of three arms in three rows, as netmeta's pairwise gives them.
    pairs = [
        (s, a[0], b[0], a[1], a[2], b[1], b[2])
        for s, arms in SMOKING.items()
        for a, b in combinations(arms, 2)
    ]
    for header in (
        ["studlab", "treat1", "treat2", "event1", "n1", "event2", "n2"],
        ["study", "treat1", "treat2", "events_experimental", "n_experimental", "events_control",
         "n_control"],
        ["trial", "trt1", "trt2", "ai", "n1i", "ci", "n2i"],
    ):  # fmt: skip
        found = analysed(tmp_path, text(header, pairs), "OR")
        assert league(found) == pytest.approx(league(expected), abs=1e-12)


def test_log_odds_ratios_name_their_measure(tmp_path):
    content = text(["id", "treat1", "treat2", "lnOR", "selnOR"], [("a", "X", "Y", -0.2, 0.1)])
    assert read(tmp_path, content).arguments["measure"] == "OR"


def test_odds_ratios_with_limits_are_contrasts(tmp_path):
    content = text(["study", "treat1", "treat2", "OR", "lower", "upper"],
                   [("a", "X", "Y", "0.80", "0.65", "0.98")])  # fmt: skip
    found = read(tmp_path, content)
    assert found.arguments["measure"] == "OR"
    assert found.arguments["yi"][0] == pytest.approx(math.log(0.8), abs=0.01)
    with pytest.raises(MeasureRefusedError, match="not possible with OR"):
        read(tmp_path, content, "HR")


def test_rates_are_logarithms_of_events_by_time(tmp_path):
    content = text(
        ["study", "treatment", "responders", "exposure"],
        [("a", "X", 10, 200), ("a", "Y", 20, 100), ("b", "X", 0, 50), ("b", "Y", 3, 50),
         ("c", "X", 0, 10), ("c", "Y", 0, 10)],
    )  # fmt: skip
    found = analysed(tmp_path, content)
    assert [s.label for s in found.studies] == ["a", "b"]
    one, two = (s.contrast("Y", "X") for s in found.studies)
    assert one == pytest.approx((math.log(4), 1 / 10 + 1 / 20))
    assert two == pytest.approx((math.log(7), 1 / 0.5 + 1 / 3.5))


def test_two_contrasts_of_a_trial_of_three_arms_need_the_patients(tmp_path):
    # sd 1 and 50, 100, 25 patients: variances 1/50 + 1/100 and 1/50 + 1/25, covariance 1/50.
    rows = [("a", "B", "A", -0.3, math.sqrt(0.03), 100, 50),
            ("a", "C", "A", -0.1, math.sqrt(0.06), 25, 50)]  # fmt: skip
    head = ["study", "treat1", "treat2", "yi", "sei", "n1", "n2"]
    found = analysed(tmp_path, text(head, rows))
    assert found.studies[0].contrast("B", "C") == pytest.approx((-0.2, 1 / 100 + 1 / 25))
    assert found.studies[0].patients == (50, 100, 25)
    assert "from the patients per arm" in found.notes[0]
    bare = text(head[:5], [row[:5] for row in rows])
    with pytest.raises(ValueError, match=r"all-contrasts.*patients of each arm"):
        analysed(tmp_path, bare)
    stated = analysed(tmp_path, bare, correlation=0.4)
    expected = 0.03 + 0.06 - 2 * 0.4 * math.sqrt(0.03 * 0.06)
    assert stated.studies[0].contrast("B", "C")[1] == pytest.approx(expected)
    assert "stated correlation of 0.4" in stated.notes[0]


def test_baseline_rows_without_an_error_take_the_patients(tmp_path):
    rows = list(baseline(False))
    head = ["study", "treatment", "diff", "std.err", "sampleSize"]
    with pytest.raises(ValueError, match="all-contrasts"):
        analysed(tmp_path, text(head[:4], [row[:4] for row in rows]))
    found = analysed(tmp_path, text(head, rows))
    own = next(s for s in found.studies if s.label == "3")
    v, w = (math.sqrt(own.contrast(x, "1")[1]) for x in ("2", "4"))
    correlation = (1 / 76) / math.sqrt((1 / 76 + 1 / 71) * (1 / 76 + 1 / 81))
    assert own.contrast("2", "4")[1] == pytest.approx(v * v + w * w - 2 * correlation * v * w)


def test_a_baseline_less_certain_than_its_contrasts_is_refused(tmp_path):
    content = text(
        ["study", "treatment", "diff", "std.err"],
        [("a", "X", None, 0.4), ("a", "Y", 0.1, 0.3), ("a", "Z", 0.2, 0.5)],
    )
    with pytest.raises(ValueError, match=r"errors-of-one-study.*alone"):
        analysed(tmp_path, content)


def test_what_a_table_was_taken_for_is_said(tmp_path):
    path = tmp_path / "trials.csv"
    path.write_text(MEANS["gemtc relative effects"](), encoding="utf-8")
    done = CliRunner().invoke(app, ["network", str(path)])
    assert "Read as one row per arm with its effect against the baseline arm" in " ".join(
        done.output.split()
    )
    record = json.loads(CliRunner().invoke(app, ["network", str(path), "--json"]).stdout)
    assert "std.err" in record["read_as"]


def test_columns_that_are_not_recognised_can_be_named(tmp_path):
    rows = [(s, *arm) for s, arms in SMOKING.items() for arm in arms]
    content = text(["Study", "Treatment", "diabetes", "n"], rows)
    with pytest.raises(InputError, match="--columns"):
        read(tmp_path, content, "OR")
    found = analysed(tmp_path, content, "OR", {"events": "diabetes"})
    assert found.k == 6
    path = tmp_path / "trials.csv"
    done = CliRunner().invoke(
        app, ["network", str(path), "--measure", "OR", "--columns", "events=diabetes"]
    )
    assert done.exit_code == 0
    wrong = CliRunner().invoke(app, ["network", str(path), "--columns", "events=deaths"])
    assert wrong.exit_code == 2


def test_faults_name_the_header_of_the_file(tmp_path):
    content = text(
        ["studlab", "treat1", "treat2", "TE", "seTE"], [("a", "X", "Y", "x", 0.1),
                                                        ("b", "X", "", 0.1, 0.2)],
    )  # fmt: skip
    with pytest.raises(InputError) as error:
        read(tmp_path, content)
    places = {(f.line, f.column) for f in error.value.findings}
    assert places == {(2, "TE"), (3, "treat2")}
    arms = text(["study", "t1", "r1", "n1", "t2", "r2", "n2"], [("a", "X", 5, 4, "Y", "2.5", 9)])
    with pytest.raises(InputError) as error:
        read(tmp_path, arms, "OR")
    assert {(f.column, f.rule) for f in error.value.findings} == {
        ("r2", "whole-number"), ("r1", "events-within-n"),
    }  # fmt: skip


def test_an_arm_twice_in_a_row_is_a_fault(tmp_path):
    content = text(["study", "t1", "r1", "n1", "t2", "r2", "n2"], [("a", "X", 1, 9, "X", 1, 9)])
    with pytest.raises(ValueError, match="two arms of this name"):
        analysed(tmp_path, content, "OR")


@pytest.mark.parametrize("headers", [["a", "b"], ["study", "treatment"], ["study", "t1", "t2"]])
def test_other_columns_are_not_recognised(headers):
    assert recognise(headers) is None


def test_names_typed_in_several_ways_are_one_treatment(tmp_path):
    path = Path(__file__).parents[1] / "reference" / "network_lookalike_names.csv"
    found = analysed(tmp_path, path.read_text(encoding="utf-8"))
    assert found.treatments == ("Lapatinib", "Pertuzumab + Trastuzumab", "T-DM1")
    assert len(found.notes) == 2
