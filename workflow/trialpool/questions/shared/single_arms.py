"""Arms by themselves: which group holds a row, or what keeps it out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from msgspec import structs

from trialpool.questions.shared.selection.candidates import other_trial, set_aside
from trialpool.questions.shared.selection.comparative import Selection, in_order
from trialpool.questions.shared.selection.cuts import Report
from trialpool.questions.shared.selection.library import Library, Row, inputs_of
from trialpool.questions.shared.selection.preference import prefer
from trialpool.records.groups import ExcludedRow, Heading
from trialpool.records.settings import Filters, SingleArm
from trialpool.records.trials import Arm, Derivation, SelectedTrial

# An arm by itself has no control arm; its record has one without a name or numbers.
NO_ARM: Final = Arm(arm_id="", label="", agents=(), n=None, events=None)


class ArmGrouped(NamedTuple):
    """The group of a row, and its place among the groups."""

    label: str
    order: tuple[int, ...]


class Out(NamedTuple):
    """Stage and reason of what keeps a row out."""

    stage: str
    reason: str


def group_of(library: Library, filters: Filters, single: SingleArm, row: Row) -> ArmGrouped | Out:
    """Give the group of a row, or stage and reason of what keeps it out."""
    if fault := other_trial(library.trials[row["trial_id"]], filters.trials):
        return Out(*fault)
    agents = library.arm(row["trial_id"], row["arm_id"]).agents
    wanted = single.agents
    if missing := [agent for agent in wanted if agent not in agents]:
        return Out("outside the question", f"the arm has no {', '.join(missing)}")
    others = [a for a in agents if a not in wanted and not library.taxonomy.is_inert(a)]
    if single.alone and others:
        words = f"{' + '.join(wanted)} alone is asked for, the arm has {', '.join(others)} too"
        return Out("outside the question", words)
    if fault := set_aside(library, filters, row):
        return Out(*fault)
    return _place(library, filters, single, row, agents)


def _place(
    library: Library, filters: Filters, single: SingleArm, row: Row, agents: Sequence[str]
) -> ArmGrouped | Out:
    """Give the group that holds patients with the row's level of a marker."""
    wanted = filters.biomarker
    trial_id = row["trial_id"]
    biomarker, level = library.level(row)
    enrolled = single.cohorts.get(trial_id, {}).get(row["arm_id"], {})
    if biomarker and (enrolled.get(biomarker) == level or library.enrolled_only(row)):
        biomarker = ""
    if wanted is not None:
        if biomarker != wanted.name:
            words = f"not by {wanted.name}: {biomarker or 'all patients'}"
            return Out("outside the question", words)
        if level not in wanted.levels:
            return Out("outside the question", f"{biomarker} {level or 'level not given'}")
        biomarker = ""
    for position, group in enumerate(single.groups):
        if other_trial(library.trials[trial_id], group.trials):
            continue
        if level in group.levels.get(biomarker, ()) or not (biomarker or group.levels):
            return ArmGrouped(group.label, (position,))
    if biomarker:
        return Out("part of the trial", f"patients with {biomarker} {level} only".rstrip())
    if single.groups:
        return Out("outside the question", "in none of the question's groups")
    return ArmGrouped(*library.taxonomy.treatment(agents))


def choose_single_arms(
    library: Library,
    rows: Iterable[Row],
    policy: str,
    group: Callable[[Row], ArmGrouped | Out],
    report: Callable[[Row], Report],
    trial: Callable[[str, Sequence[Row]], SelectedTrial],
) -> Selection:
    """Choose the arms that are pooled by themselves.

    Of the reports of one arm the preferred one is used (`trialpool.questions.shared.selection.
    preference`). Arms of one trial in one group hold different patients; `trial` makes one entry
    of them, so that a trial enters a group once.

    Parameters
    ----------
    library : Library
    rows : iterable of Row
        Of the question's endpoints.
    policy : str
        `report_policy` of the question.
    group, report : callable
        Of a row: its group, or why it has none; what tells the reports of one arm apart.
    trial : callable
        The entry of a group's label and the rows of one trial, one of each arm.
    """
    excluded: list[ExcludedRow] = []
    reports: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    order: dict[str, tuple[int, ...]] = {}
    for row in rows:
        found = group(row)
        if isinstance(found, Out):
            excluded.append(library.excluded(row, *found))
        else:
            order[found.label] = found.order
            reports[found.label, str(row["trial_id"]), str(row["arm_id"])].append(row)
    entries: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for (label, trial_id, _), ours in reports.items():
        by_id = {str(row["row_id"]): row for row in ours}
        best, others = prefer([report(row) for row in ours], policy)
        entries[label, trial_id].append(by_id[best.row_ids[0]])
        excluded += [
            library.excluded(by_id[other.row_ids[0]], "another report used", reason)
            for other, reason in others
        ]
    trials = [
        trial(label, sorted(ours, key=lambda row: str(row["arm_id"])))
        for (label, _), ours in entries.items()
    ]
    trials.sort(key=lambda t: (order[t.group], t.year or 9999, t.label.casefold()))
    groups = tuple(
        Heading(label=label, mechanism="", mechanisms=(), kind="single arm")
        for label in dict.fromkeys(one.group for one in trials)
    )
    return Selection(tuple(trials), groups, in_order(excluded))


def added_arms(library: Library, rows: Sequence[Row], **known: float | None) -> Arm:
    """Make one arm of the arms of rows, with what is `known` of all of them together."""
    arms = [library.arm(str(row["trial_id"]), str(row["arm_id"])) for row in rows]
    arm = Arm(
        arm_id=" + ".join(arm.arm_id for arm in arms),
        label=" + ".join(arm.label for arm in arms),
        agents=tuple(dict.fromkeys(agent for arm in arms for agent in arm.agents)),
        n=None,
        events=None,
    )
    return structs.replace(arm, **known)


def inputs_by_arm(rows: Sequence[Row], derived: Sequence[Row]) -> dict[str, str]:
    """Return the printed cells of each arm, named by arm and column."""
    return {
        f"{row['arm_id']}: {name}": text
        for row, record in zip(rows, derived, strict=True)
        for name, text in inputs_of(record).items()
    }


def single_trial(
    library: Library,
    group: str,
    rows: Sequence[Row],
    *,
    arm: Arm,
    effect: tuple[float, float],
    definition: str,
    derivation: Derivation,
    flags: Sequence[str],
    population: str = "",
) -> SelectedTrial:
    """Build the entry of the rows of one trial; `effect` is its estimate and standard error."""
    first, trial_id = rows[0], str(rows[0]["trial_id"])
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
        population=population,
        definition=definition,
        extraction="double" if {r["extraction"] for r in rows} == {"double"} else "single",
        grade=library.grade(first["source_id"], flags),
        estimate=effect[0],
        se=effect[1],
        experimental=arm,
        control=NO_ARM,
        derivation=derivation,
        margin=None,
        third_contrasts=(),
        flags=tuple(dict.fromkeys(flags)),
    )
