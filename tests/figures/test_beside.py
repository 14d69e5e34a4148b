"""Two results on one set of rows: which trials meet, what stands where, and its numbers."""

from __future__ import annotations

from copy import deepcopy

import pytest
from beside_records import CALLED, PAIRS, other, trials_of
from forest_records import non_inferiority, record, response, single, survival
from hypothesis import given
from hypothesis import strategies as st
from panel_checks import check_panels
from stress_records import clipped, names, two_hundred, wide_range

import trialpool as tp
from trialpool import formatting as fmt
from trialpool.figures.forest.options.presets import PRESETS, get_preset
from trialpool.figures.forest.panels.pairing import (
    ELSEWHERE,
    LEFT_OUT,
    NOT_IN_DATA,
    NOT_POOLABLE,
    under_shared_names,
)
from trialpool.figures.forest.panels.table import Absent, merged
from trialpool.figures.forest.table import Row
from trialpool.measures import get_measure


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[0])
def test_layout_of_every_preset_on_the_real_questions(real, pair, preset):
    check_panels(tp.forest(real[pair[0]], beside=real[pair[1]], preset=preset))


# Each case under two presets, each preset on two or three cases.
STRAIN = [names, wide_range, clipped, response, non_inferiority, single]
TWICE = [*zip(STRAIN, [*PRESETS, "jama"], strict=True)]
TWICE += zip(STRAIN, ["revman5", "lancet", "default", "jama", "revman5", "bmj"], strict=True)


@pytest.mark.parametrize(("build", "preset"), TWICE)
def test_layout_under_strain(build, preset):
    built = build()
    check_panels(tp.forest(built, beside=other(built), names=CALLED, preset=preset))


def test_two_hundred_trials_on_pages():
    built = two_hundred()
    drawn = tp.forest(built, beside=other(built), names=CALLED)
    assert len(drawn.pages) >= 4
    check_panels(drawn)
    for page in drawn.pages:
        roles = [text.role for text in page.geometry.texts]
        assert {"title", "header", "tick", "favours"} <= set(roles)
        assert len({t.row for t in page.geometry.texts if t.row is not None}) <= 60


@pytest.mark.parametrize(("width", "columns"), [(183.0, []), (297.0, None), (340.0, ["counts"])])
def test_width_can_be_chosen(real, width, columns):
    drawn = tp.forest(
        real["metastatic-pfs"], beside=real["metastatic-os"], width_mm=width, columns=columns
    )
    assert drawn.geometry.width == pytest.approx(width * 72 / 25.4)
    check_panels(drawn)


def test_too_narrow_a_width_is_refused_with_the_least_possible(real):
    with pytest.raises(ValueError, match=r"width_mm = 100: the columns need at least \d+ mm"):
        tp.forest(real["her2low-pfs"], beside=real["her2low-os"], width_mm=100)


@pytest.mark.parametrize("preset", PRESETS)
def test_printed_numbers_are_those_of_the_records(real, preset):
    """Every trial, pool and prediction interval of both records, as its texts print it."""
    records = [real[name] for name in PAIRS[0]]
    drawn = tp.forest(records[0], beside=records[1], preset=preset, rows_per_page=None)
    style, measure = get_preset(preset).style, get_measure("HR")

    def printed(estimate, lower, upper):
        return fmt.effect_with_interval(estimate, lower, upper, measure, style)

    for number, built in enumerate(records):
        column = "effect" if number == 0 else "effect 2"
        found = {"trial": [], "pool": [], "prediction": []}
        for index, row in enumerate(drawn.table.rows):
            part = row.parts[number] if row.parts else None
            if not isinstance(part, Row) or row.kind == "heading":
                continue
            texts = [t for t in drawn.geometry.texts_of(index) if t.column == column]
            texts = sorted((t for t in texts if t.role != "symbol"), key=lambda t: t.box[0])
            shown = "".join(text.text for text in texts).replace(" ", "")
            assert shown == part.effect.replace(" ", "")
            found[row.kind].append(part.effect)
        wanted = {
            "trial": [
                # What the report prints, where it prints an interval of this level.
                fmt.as_printed(t.printed.texts, measure, style)
                if t.printed is not None and t.printed.is_of(built.settings.level)
                else printed(t.estimate, t.ci_lower, t.ci_upper)
                for t in built.trials
            ],
            "pool": [],
            "prediction": [],
        }
        for group in built.groups:
            if group.k == 1:
                continue
            # One diamond, that of the primary model.
            wanted["pool"].append(printed(group.estimate, group.ci_lower, group.ci_upper))
            wanted["prediction"].append(
                style.opening
                + fmt.interval(group.pi_lower, group.pi_upper, measure, style)
                + style.closing
            )
        assert {kind: sorted(texts) for kind, texts in found.items()} == {
            kind: sorted(texts) for kind, texts in wanted.items()
        }


def test_a_trial_without_one_endpoint_says_so(real):
    drawn = tp.forest(real["metastatic-pfs"], beside=real["metastatic-os"])
    said = {}
    notes = dict(drawn.table.flags)
    for row in trials_of(drawn):
        for number, part in enumerate(row.parts):
            if isinstance(part, Absent):
                said[row.label, number] = (part.text, *(notes[symbol] for symbol in part.flags))
    assert said["BOLERO-1", 1] == (NOT_IN_DATA,)
    assert said["H0648g (Slamon pivotal)", 0] == (NOT_IN_DATA,)
    assert said["TAnDEM", 1] == (NOT_POOLABLE, "Overall survival: no estimate was printed")
    assert said["GBG 26/BIG 03-05 (TBP)", 0] == (NOT_IN_DATA,)
    excluded = {item.label for item in real["metastatic-os"].excluded
                if item.stage == NOT_POOLABLE}  # fmt: skip
    assert {
        label for (label, n), (text, *_) in said.items() if n == 1 and text == NOT_POOLABLE
    } <= (excluded)
    texts = [t.text for t in drawn.pages[0].geometry.texts if t.role == "missing"]
    assert NOT_IN_DATA in texts
    for label, _ in said:
        assert label in drawn.alt


def test_results_of_other_patients_are_left_out_with_their_reason(real):
    drawn = tp.forest(real["brain-metastases-pfs"], beside=real["brain-metastases-os"])
    notes = dict(drawn.table.flags)
    parts = {row.label.partition(",")[0]: row.parts[1] for row in trials_of(drawn)}
    assert parts["HER2CLIMB"].text == NOT_POOLABLE
    assert parts["DESTINY-Breast03"].text == LEFT_OUT
    reasons = [item.reason for item in real["brain-metastases-os"].excluded
               if item.trial_id == "destiny-breast03"]  # fmt: skip
    (symbol,) = parts["DESTINY-Breast03"].flags
    assert notes[symbol] == f"Overall survival: {reasons[0]}"


def test_every_trial_of_both_stands_once_in_its_group(real):
    for first, second in PAIRS:
        drawn = tp.forest(real[first], beside=real[second])
        records = under_shared_names(real[first], real[second])
        for number, built in enumerate(records):
            shown = [(row.group, row.parts[number].trial_id) for row in trials_of(drawn)
                     if isinstance(row.parts[number], Row)]  # fmt: skip
            assert sorted(shown) == sorted((t.group, t.trial_id) for t in built.trials)
        assert all(any(isinstance(p, Row) for p in row.parts) for row in trials_of(drawn))


def test_groups_keep_the_first_order_and_new_ones_follow_their_forerunner(real):
    drawn = tp.forest(real["metastatic-pfs"], beside=real["metastatic-os"])
    shown = [row.group for row in drawn.table.rows if row.kind == "heading"]
    pair = under_shared_names(real["metastatic-pfs"], real["metastatic-os"])
    first = [group.label for group in pair[0].groups]
    assert [label for label in shown if label in first] == first
    # In overall survival it stands behind the same drug in first line.
    new = "lapatinib added to chemotherapy, later line"
    assert new not in first
    assert shown[shown.index(new) - 1] == "lapatinib added to chemotherapy, first line"


def test_one_comparison_has_one_name_and_two_have_two(real):
    """EGF104535 alone in one, beside EGF100151 in the other; and two that are alone in theirs."""
    pair = under_shared_names(real["metastatic-pfs"], real["metastatic-os"])
    groups = [{g.label: g.comparison for g in one.groups} for one in pair]
    name = "lapatinib added to chemotherapy, first line"
    assert [one[name] for one in groups] == [
        "lapatinib-added-on-none-positive-metastatic-first-line"
    ] * 2
    assert "lapatinib added to chemotherapy, later line" in groups[1]
    lines = under_shared_names(real["metastatic-pfs-first-line"], real["metastatic-pfs-later-line"])
    labels = [{g.label for g in one.groups} for one in lines]
    assert not labels[0] & labels[1]
    assert "pertuzumab added to trastuzumab + chemotherapy, later line" in labels[1]


@given(st.lists(st.integers(0, 9), unique=True), st.lists(st.integers(0, 9), unique=True))
def test_merged_orders(first, second):
    order = merged(first, second)
    assert sorted(order) == sorted({*first, *second})
    assert [item for item in order if item in first] == first
    fresh = [item for item in second if item not in first]
    if first == sorted(first) and second == sorted(second):
        assert [item for item in order if item in fresh] == fresh
    for item in fresh:
        before = second[: second.index(item)]
        assert not before or order.index(before[-1]) < order.index(item)


def test_a_trial_in_another_group_is_not_put_beside_pools_of_which_it_is_no_part():
    built = survival()
    moved = deepcopy(built)
    moved["trials"][0]["group"] = moved["trials"][-1]["group"]
    moved["trials"].sort(key=lambda t: t["group"])
    drawn = tp.forest(built, beside=record("b", "B", moved["trials"]), names=CALLED)
    rows = [row for row in trials_of(drawn) if row.label == "CLEOPATRA, 2020"]
    assert [[isinstance(p, Row) for p in row.parts] for row in rows] == [
        [True, False],
        [False, True],
    ]
    assert {part.text for row in rows for part in row.parts if isinstance(part, Absent)} == {
        ELSEWHERE
    }


def test_each_side_of_each_null_is_named_for_its_own_endpoint():
    drawn = tp.forest(survival(), beside=response(), names=CALLED)
    texts = [text for text in drawn.geometry.texts if text.role == "favours"]
    nulls = [panel.x(0.0) for panel in drawn.geometry.panels]
    middle = sum(nulls) / 2
    for number, built in enumerate((survival(), response())):
        own = [t for t in texts if (t.box[0] > middle) == (number == 1)]
        left = " ".join(t.text for t in own if t.box[2] < nulls[number])
        right = " ".join(t.text for t in own if t.box[0] > nulls[number])
        assert (left, right) == (built["favours"]["lower"], built["favours"]["higher"])
    lines = [mark for mark in drawn.geometry.marks if mark.kind == "pooled-line"]
    assert [mark.panel for mark in lines] == [1]


def test_notes_of_both_endpoints_share_one_set_of_letters(real):
    drawn = tp.forest(real["metastatic-pfs"], beside=real["metastatic-os"])
    notes = dict(drawn.table.flags)
    assert len(set(notes.values())) == len(notes)
    for number, built in enumerate(under_shared_names(*(real[name] for name in PAIRS[0]))):
        flags = {(t.group, t.trial_id): t.flags for t in built.trials}
        for row in trials_of(drawn):
            part = row.parts[number]
            if isinstance(part, Row):
                own = flags[row.group, part.trial_id]
                said = {notes[symbol] for symbol in part.flags}
                assert {note for note in said if not note.startswith("source: ")} == set(own)


def test_years_stand_only_where_they_are_those_of_both_endpoints(real):
    drawn = tp.forest(real["metastatic-pfs"], beside=real["metastatic-os"])
    assert "CLEOPATRA" in {row.label for row in trials_of(drawn)}
    same = survival()
    labels = {row.label for row in trials_of(tp.forest(same, beside=other(same), names=CALLED))}
    assert "CLEOPATRA, 2020" in labels


def test_columns_of_one_endpoint_stand_with_its_plot_and_shared_ones_once():
    built = survival()
    another = other(built)
    for made in (built, another):
        for item in made["trials"]:
            item["cells"] = {"region": "Europe", "follow_up": 12 if made is built else 24}
    drawn = tp.forest(
        built,
        beside=another,
        names=CALLED,
        columns=["region", "counts", "follow_up"],
        columns_right=["effect"],
        arms=("New", "Old"),
    )
    assert [column.name for column in drawn.table.shared] == ["region"]
    for half, follow_up in zip(drawn.table.panels, ("12", "24"), strict=True):
        assert half.left == ("experimental", "control", "follow_up")
        assert half.right == ("effect",)
        assert {r.cell("follow_up") for r in half.rows if r.kind == "trial"} == {follow_up}
    check_panels(drawn)
    with pytest.raises(ValueError, match="First: columns: no trial has dose"):
        tp.forest(built, beside=another, names=CALLED, columns_right=["dose"])
    with pytest.raises(ValueError, match="columns: no trial of either result has dose"):
        tp.forest(built, beside=another, names=CALLED, columns=["dose"])
    with pytest.raises(ValueError, match="First: order='size': no trial has it"):
        tp.forest(built, beside=another, names=CALLED, order="size")
