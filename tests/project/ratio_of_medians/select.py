"""Trials whose report prints both medians and both numbers of events."""

import math

from msgspec import structs

from ratio_of_medians.records import RatioAsked, RatioQuestion
from trialpool.evidence.printed import parse_number
from trialpool.questions.shared.selection.asked import comparative_asked
from trialpool.questions.shared.selection.comparative import (
    CANDIDATES,
    Selection,
    choose_comparisons,
    comparative_question,
)
from trialpool.records.groups import Heading
from trialpool.records.trials import Derivation


def asked(question_id, settings, pooling, endpoints):
    return comparative_asked(RatioAsked, question_id, settings, pooling, endpoints)


def select(library, asked):
    selection = _choose(library, asked)
    question = comparative_question(RatioQuestion, library, asked, selection, _choose)
    return question, selection.trials


def _choose(library, asked, main=None):
    found = CANDIDATES["time_to_event"](library, asked)
    chosen = choose_comparisons(library, asked, *found, main)
    rows = {row["row_id"]: row for row in library.evidence.rows("time_to_event")}
    trials = tuple(filter(None, (_ratio(trial, rows[trial.row_ids[0]]) for trial in chosen.trials)))
    groups = tuple(
        Heading(label=trial.group, mechanism="", mechanisms=(), kind="added") for trial in trials
    )
    return Selection(trials, groups, chosen.excluded)


def _ratio(trial, row):
    cells = [row[f"median_{side}"] for side in ("experimental", "control")]
    ours, theirs = (parse_number(cell) for cell in cells)
    events = [trial.experimental.events, trial.control.events]
    if ours is None or theirs is None or not all(events):
        return None
    # Times exponentially distributed: the variance of a log median is 1 over its events.
    return structs.replace(
        trial,
        group=trial.label,
        estimate=math.log(ours.value / theirs.value),
        se=math.sqrt(1 / events[0] + 1 / events[1]),
        derivation=Derivation(
            rung="two medians",
            formula="yi = ln(median experimental / median control); vi = 1/d1 + 1/d0",
            reference="exponential times",
            inputs=dict(zip(("experimental", "control"), cells, strict=True)),
            se_lower=None,
            se_upper=None,
        ),
    )
