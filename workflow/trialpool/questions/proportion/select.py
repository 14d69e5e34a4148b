"""What a question on single arms asks for: which rows enter, grouped, one entry per trial."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

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
    other_trial,
    set_aside,
)
from trialpool.questions.shared.selection.comparative import Selection, in_order, with_selection
from trialpool.questions.shared.selection.cuts import Cut, Report
from trialpool.questions.shared.selection.library import (
    Library,
    Row,
    flags_of,
    inputs_of,
    whole,
)
from trialpool.questions.shared.selection.preference import prefer
from trialpool.questions.shared.selection.responses import (
    definition_in_words,
    definition_of,
    exactness_of,
)
from trialpool.records.groups import ExcludedRow, Heading
from trialpool.records.proportion import ProportionAsked, ProportionQuestion
from trialpool.records.trials import Arm, Derivation, SelectedTrial

_TABLE: Final = "responses"


class _Group(NamedTuple):
    label: str
    order: tuple[int, ...]


class _Out(NamedTuple):
    stage: str
    reason: str


# A proportion has no control arm; its record has one without a name or numbers.
NO_ARM: Final = Arm(arm_id="", label="", agents=(), n=None, events=None)


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

    Of the reports of one arm the preferred one is used (`trialpool.questions.shared.selection.
    preference`). Arms of one trial in one group hold different
    patients; they are added up, so that a trial enters a group once.
    """
    excluded: list[ExcludedRow] = []
    reports: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    order: dict[str, tuple[int, ...]] = {}
    for row in library.rows(_TABLE, asked.endpoints):
        found = _group(library, asked, row)
        if isinstance(found, _Out):
            excluded.append(library.excluded(row, *found))
        else:
            order[found.label] = found.order
            reports[found.label, str(row["trial_id"]), str(row["arm_id"])].append(row)
    entries: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for (group, trial_id, _), rows in reports.items():
        by_id = {str(row["row_id"]): row for row in rows}
        ours = [_report(library, asked, row) for row in rows]
        best, others = prefer(ours, asked.filters.report_policy)
        entries[group, trial_id].append(by_id[best.row_ids[0]])
        excluded += [
            library.excluded(by_id[other.row_ids[0]], "another report used", reason)
            for other, reason in others
        ]
    trials = [_trial(library, group, rows) for (group, _), rows in entries.items()]
    trials.sort(key=lambda t: (order[t.group], t.year or 9999, t.label.casefold()))
    groups = tuple(
        Heading(label=label, mechanism="", mechanisms=(), kind="single arm")
        for label in dict.fromkeys(trial.group for trial in trials)
    )
    return Selection(tuple(trials), groups, in_order(excluded))


def _group(library: Library, asked: ProportionAsked, row: Row) -> _Group | _Out:
    """Give the group of a row, or stage and reason of what keeps it out."""
    filters = asked.filters
    if fault := other_trial(library.trials[row["trial_id"]], filters.trials):
        return _Out(*fault)
    agents = library.arm(row["trial_id"], row["arm_id"]).agents
    wanted = asked.single_arm.agents
    if missing := [agent for agent in wanted if agent not in agents]:
        return _Out("outside the question", f"the arm has no {', '.join(missing)}")
    others = [a for a in agents if a not in wanted and not library.taxonomy.is_inert(a)]
    if asked.single_arm.alone and others:
        words = f"{' + '.join(wanted)} alone is asked for, the arm has {', '.join(others)} too"
        return _Out("outside the question", words)
    if fault := set_aside(library, filters, row):
        return _Out(*fault)
    found = _place(library, asked, row, agents)
    if isinstance(found, _Out):
        return found
    if definition_of(library, row) not in filters.definitions:
        return _Out("another question", f"definition: {row['definition'] or 'not stated'}")
    if reason := not_usable(library, _TABLE, row, ["count"]):
        return _Out("not poolable", reason)
    return found


def _place(
    library: Library, asked: ProportionAsked, row: Row, agents: Sequence[str]
) -> _Group | _Out:
    """Give the group that holds patients with the row's level of a marker."""
    single, wanted = asked.single_arm, asked.filters.biomarker
    trial_id = row["trial_id"]
    biomarker, level = library.level(row)
    enrolled = single.cohorts.get(trial_id, {}).get(row["arm_id"], {})
    if biomarker and (enrolled.get(biomarker) == level or library.enrolled_only(row)):
        biomarker = ""
    if wanted is not None:
        if biomarker != wanted.name:
            words = f"not by {wanted.name}: {biomarker or 'all patients'}"
            return _Out("outside the question", words)
        if level not in wanted.levels:
            return _Out("outside the question", f"{biomarker} {level or 'level not given'}")
        biomarker = ""
    for position, group in enumerate(single.groups):
        if other_trial(library.trials[trial_id], group.trials):
            continue
        if level in group.levels.get(biomarker, ()) or not (biomarker or group.levels):
            return _Group(group.label, (position,))
    if biomarker:
        return _Out("part of the trial", f"patients with {biomarker} {level} only".rstrip())
    if single.groups:
        return _Out("outside the question", "in none of the question's groups")
    return _Group(*library.taxonomy.treatment(agents))


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
    rows = sorted(rows, key=lambda row: str(row["arm_id"]))
    derived = [library.derived[_TABLE, str(row["row_id"])] for row in rows]
    first, trial_id = rows[0], str(rows[0]["trial_id"])
    definition = definition_of(library, first)
    flags = [flag for record in derived for flag in flags_of(record)]
    flags.append(definition_in_words(definition))
    if len(rows) > 1:
        flags.append(f"{len(rows)} cohorts with different patients, added up")
    arm, events, n = _added(library, rows, derived)
    effect = effect_from_proportion(events, n, "PLO")
    return SelectedTrial(
        row_ids=tuple(str(row["row_id"]) for row in rows),
        trial_id=trial_id,
        label=str(library.trials[trial_id]["trial"]),
        year=library.year(first["source_id"]),
        group=group,
        comparison=" + ".join(arm.agents),
        endpoint=str(first["endpoint"]),
        source=str(first["source_id"]),
        locator=str(first["locator"]),
        assessor="",
        maturity="",
        population="",
        definition=definition,
        extraction="double" if {r["extraction"] for r in rows} == {"double"} else "single",
        grade=library.grade(first["source_id"], flags),
        estimate=effect.yi,
        se=effect.sei,
        experimental=arm,
        control=NO_ARM,
        derivation=Derivation(
            rung="counts of one arm",
            formula=PROPORTION_FORMULAS["PLO"],
            reference=PROPORTION_REFERENCE,
            inputs={
                f"{row['arm_id']}: {name}": text
                for row, record in zip(rows, derived, strict=True)
                for name, text in inputs_of(record).items()
            },
            se_lower=None,
            se_upper=None,
        ),
        margin=None,
        third_contrasts=(),
        flags=tuple(dict.fromkeys(flags)),
    )


def _added(library: Library, rows: Sequence[Row], derived: Sequence[Row]) -> tuple[Arm, int, int]:
    """Add up the arms of one trial: the arm that they make, its events and its patients."""
    arms = [library.arm(str(row["trial_id"]), str(row["arm_id"])) for row in rows]
    events, n = (sum(int(record[name]) for record in derived) for name in ("events", "n"))
    smallest, largest = (
        sum(whole(record[name]) or 0 for record in derived)
        for name in ("events_smallest", "events_largest")
    )
    arm = Arm(
        arm_id=" + ".join(arm.arm_id for arm in arms),
        label=" + ".join(arm.label for arm in arms),
        agents=tuple(dict.fromkeys(agent for arm in arms for agent in arm.agents)),
        n=n,
        events=events,
        events_smallest=smallest if smallest != largest else None,
        events_largest=largest if smallest != largest else None,
    )
    return arm, events, n
