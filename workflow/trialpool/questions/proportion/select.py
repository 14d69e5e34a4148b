"""What a question on single arms asks for: which rows enter, grouped, one entry per trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from trialpool.effects.counts import (
    PROPORTION_FORMULAS,
    PROPORTION_REFERENCE,
    effect_from_proportion,
)
from trialpool.measures import Endpoint
from trialpool.questions.shared.selection.asked import asked_as
from trialpool.questions.shared.selection.candidates import (
    level_rank,
    not_usable,
)
from trialpool.questions.shared.selection.comparative import Selection, with_selection
from trialpool.questions.shared.selection.cuts import Cut, Report
from trialpool.questions.shared.selection.library import (
    Library,
    Row,
    flags_of,
    whole,
)
from trialpool.questions.shared.selection.responses import (
    definition_in_words,
    definition_of,
    exactness_of,
)
from trialpool.questions.shared.single_arms import (
    ArmGrouped,
    Out,
    added_arms,
    choose_single_arms,
    group_of,
    inputs_by_arm,
    single_trial,
)
from trialpool.records.proportion import ProportionAsked, ProportionQuestion
from trialpool.records.trials import Arm, Derivation, SelectedTrial

_TABLE: Final = "responses"


def asked(
    question_id: str,
    settings: Mapping[str, Any],
    pooling: Mapping[str, Any],
    endpoints: Mapping[str, Endpoint],
) -> ProportionAsked:
    """Make the typed question of its settings."""
    return asked_as(ProportionAsked, question_id, settings, pooling, endpoints)


def select(
    library: Library, asked: ProportionAsked
) -> tuple[ProportionQuestion, tuple[SelectedTrial, ...]]:
    """Choose the arms whose proportions are pooled."""
    chosen = choose_arms(library, asked)
    return with_selection(ProportionQuestion, library, asked, chosen), chosen.trials


def choose_arms(library: Library, asked: ProportionAsked) -> Selection:
    """Choose the arms whose proportions are pooled.

    Arms of one trial in one group hold different patients; they are added up.
    """
    return choose_single_arms(
        library,
        library.rows(_TABLE, asked.endpoints),
        asked.filters.report_policy,
        lambda row: _group(library, asked, row),
        lambda row: _report(library, asked, row),
        lambda group, rows: _trial(library, group, rows),
    )


def _group(library: Library, asked: ProportionAsked, row: Row) -> ArmGrouped | Out:
    """Give the group of a row, or stage and reason of what keeps it out."""
    found = group_of(library, asked.filters, asked.single_arm, row)
    if isinstance(found, Out):
        return found
    if definition_of(library, row) not in asked.filters.definitions:
        return Out("another question", f"definition: {row['definition'] or 'not stated'}")
    if reason := not_usable(library, _TABLE, row, ["count"]):
        return Out("not poolable", reason)
    return found


def _report(library: Library, asked: ProportionAsked, row: Row) -> Report:
    """Collect what tells the reports of one arm apart."""
    derived = library.derived[_TABLE, str(row["row_id"])]
    definition, exactness = definition_of(library, row), exactness_of(derived)
    return Report(
        row_ids=(str(row["row_id"]),),
        rank=(
            asked.filters.definitions.index(definition),
            level_rank(library, asked.filters, row),
            exactness,
        ),
        endpoint=str(row["endpoint"]),
        definition=definition,
        extraction=str(row["extraction"]),
        level=library.level(row)[1],
        exactness=exactness,
        grade=library.grade(row["source_id"], flags_of(derived)),
        cut=Cut(year=library.year(row["source_id"]), n=(str(derived["n"]),) * 2),
    )


def _trial(library: Library, group: str, rows: Sequence[Row]) -> SelectedTrial:
    """Build the trial of one arm, or of several arms of one trial added up."""
    derived = [library.derived[_TABLE, str(row["row_id"])] for row in rows]
    definition = definition_of(library, rows[0])
    flags = [flag for record in derived for flag in flags_of(record)]
    flags.append(definition_in_words(definition))
    if len(rows) > 1:
        flags.append(f"{len(rows)} cohorts with different patients, added up")
    arm, events, n = _added(library, rows, derived)
    effect = effect_from_proportion(events, n, "PLO")
    return single_trial(
        library,
        group,
        rows,
        arm=arm,
        effect=(effect.yi, effect.sei),
        definition=definition,
        derivation=Derivation(
            rung="counts of one arm",
            formula=PROPORTION_FORMULAS["PLO"],
            reference=PROPORTION_REFERENCE,
            inputs=inputs_by_arm(rows, derived),
            se_lower=None,
            se_upper=None,
        ),
        flags=flags,
    )


def _added(library: Library, rows: Sequence[Row], derived: Sequence[Row]) -> tuple[Arm, int, int]:
    """Add up the arms of one trial: the arm that they make, its events and its patients."""
    events, n = (sum(int(record[name]) for record in derived) for name in ("events", "n"))
    smallest, largest = (
        sum(whole(record[name]) or 0 for record in derived)
        for name in ("events_smallest", "events_largest")
    )
    between = (smallest, largest) if smallest != largest else (None, None)
    arm = added_arms(
        library, rows, n=n, events=events, events_smallest=between[0], events_largest=between[1]
    )
    return arm, events, n
