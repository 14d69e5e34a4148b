"""Proportions of single arms: which rows enter, grouped and one entry per trial."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from trialpool.effects.counts import (
    PROPORTION_FORMULAS,
    PROPORTION_REFERENCE,
    effect_from_proportion,
)
from trialpool.questions.shared.selection.candidates import (
    Excluded,
    Library,
    Row,
    inputs_of,
    level_rank,
    not_usable,
    whole,
)
from trialpool.questions.shared.selection.responses import (
    definition_in_words,
    definition_of,
    exactness_of,
)

Json = dict[str, Any]
_TABLE: Final = "responses"
# A proportion has no control arm; its record has one without a name or numbers.
NO_ARM: Final[Json] = {"arm_id": "", "label": "", "agents": [], "n": None, "events": None}


def select_proportions(
    library: Library, question: Mapping[str, Any]
) -> tuple[list[Json], list[Json], list[Excluded]]:
    """Choose the arms whose proportions are pooled.

    Of the reports of one arm the preferred one is used: definition, then surer
    counts, then year, then row id. Arms of one trial in one group hold different
    patients; they are added up, so that a trial enters a group once.

    Returns
    -------
    trials, groups : list of dict
        As in `Selection`, in display order.
    excluded : list of Excluded
    """
    excluded: list[Excluded] = []
    reports: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    order: dict[str, Any] = {}
    for row in library.rows(_TABLE, question["endpoints"]):
        group, rank, fault = _group(library, question, row)
        if fault is None and (reason := not_usable(library, _TABLE, row, ["count"])):
            fault = "not poolable", reason
        if fault is not None:
            excluded.append(library.excluded(row, *fault))
            continue
        order[group] = rank
        reports[group, str(row["trial_id"]), str(row["arm_id"])].append(row)
    entries: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for (group, trial_id, _), rows in reports.items():
        best, *others = sorted(rows, key=lambda row: _rank(library, question, row))
        entries[group, trial_id].append(best)
        reason = f"{best['row_id']} is preferred: definition, surer counts, year, row id"
        excluded += [library.excluded(row, "another report used", reason) for row in others]
    trials = [_record(library, group, rows) for (group, _), rows in entries.items()]
    trials.sort(key=lambda t: (order[t["group"]], t["year"] or 9999, t["label"].casefold()))
    groups = [
        {"label": label, "mechanism": "", "mechanisms": [], "kind": "single arm"}
        for label in dict.fromkeys(trial["group"] for trial in trials)
    ]
    return trials, groups, sorted(excluded, key=lambda item: (item.trial_id, item.row_id))


def _group(
    library: Library, question: Mapping[str, Any], row: Row
) -> tuple[str, Any, tuple[str, str] | None]:
    """Give the group of a row and its place, or stage and reason of what keeps it out."""
    single = question["single_arm"]
    trial = library.trials[row["trial_id"]]
    agents = library.arm(row["trial_id"], row["arm_id"]).agents
    for column, values in question.get("trials", {}).items():
        if trial[column] not in values:
            have, want = trial[column] or "not given", " or ".join(values)
            words = f"{column} is {have}, the question asks for {want}"
            return "", 0, ("outside the question", words)
    if missing := [agent for agent in single.get("agents", []) if agent not in agents]:
        return "", 0, ("outside the question", f"the arm has no {', '.join(missing)}")
    for setting, key in (("exclude_rows", "row_id"), ("exclude_trials", "trial_id")):
        if reason := question.get(setting, {}).get(row[key]):
            return "", 0, ("set aside", str(reason))
    found = _place(library, question, row, trial, agents)
    if isinstance(found[1], str):
        return "", 0, (found[0], found[1])
    if definition_of(library, row) not in question["definitions"]:
        words = row["definition"] or "not stated"
        return "", 0, ("another question", f"definition: {words}")
    return found[0], found[1], None


def _place(
    library: Library,
    question: Mapping[str, Any],
    row: Row,
    trial: Row,
    agents: Sequence[str],
) -> tuple[str, Any]:
    """Give label and place of a row's group, or stage and reason."""
    single = question["single_arm"]
    biomarker, level = library.level(row)
    enrolled = single.get("cohorts", {}).get(row["trial_id"], {}).get(row["arm_id"], {})
    if biomarker and enrolled.get(biomarker) == level:
        biomarker = ""
    wanted = question.get("biomarker")
    if wanted is not None:
        if biomarker != wanted["name"]:
            return "outside the question", f"not by {wanted['name']}: {biomarker or 'all patients'}"
        if level not in wanted["levels"]:
            return "outside the question", f"{biomarker} {level or 'level not given'}"
        biomarker = ""
    for position, group in enumerate(single.get("groups", [])):
        if any(trial[c] not in values for c, values in group.get("trials", {}).items()):
            continue
        levels = group.get("levels", {})
        if level in levels.get(biomarker, []) or not (biomarker or levels):
            return str(group["label"]), position
    if single.get("groups"):
        if biomarker:
            return "part of the trial", f"patients with {biomarker} {level} only".rstrip()
        return "outside the question", "in none of the question's groups"
    if biomarker:
        return "part of the trial", f"patients with {biomarker} {level} only".rstrip()
    return library.taxonomy.treatment(agents)


def _rank(library: Library, question: Mapping[str, Any], row: Row) -> tuple[Any, ...]:
    return (
        question["definitions"].index(definition_of(library, row)),
        level_rank(library, question, row),
        exactness_of(library.derived[_TABLE, str(row["row_id"])]),
        -(library.year(row["source_id"]) or 0),
        str(row["row_id"]),
    )


def _record(library: Library, group: str, rows: Sequence[Row]) -> Json:
    """Build the trial record of one arm, or of several arms of one trial added up."""
    rows = sorted(rows, key=lambda row: str(row["arm_id"]))
    derived = [library.derived[_TABLE, str(row["row_id"])] for row in rows]
    first, trial_id = rows[0], str(rows[0]["trial_id"])
    events = sum(int(record["events"]) for record in derived)
    n = sum(int(record["n"]) for record in derived)
    effect = effect_from_proportion(events, n, "PLO")
    arms = [library.arm(trial_id, row["arm_id"]) for row in rows]
    flags = [flag for record in derived for flag in str(record["flags"]).split("; ") if flag]
    flags.append(definition_in_words(definition_of(library, first)))
    if len(rows) > 1:
        flags.append(f"{len(rows)} cohorts with different patients, added up")
    bounds = {
        name: sum(whole(record[name]) or 0 for record in derived)
        for name in ("events_smallest", "events_largest")
    }
    arm: Json = {
        "arm_id": " + ".join(arm.arm_id for arm in arms),
        "label": " + ".join(arm.label for arm in arms),
        "agents": list(dict.fromkeys(agent for arm in arms for agent in arm.agents)),
        "n": n,
        "events": events,
    }
    if bounds["events_smallest"] != bounds["events_largest"]:
        arm |= bounds
    return {
        "row_ids": [str(row["row_id"]) for row in rows],
        "trial_id": trial_id,
        "label": str(library.trials[trial_id]["trial"]),
        "year": library.year(first["source_id"]),
        "group": group,
        "comparison": " + ".join(arm["agents"]),
        "experimental": arm,
        "control": dict(NO_ARM),
        "endpoint": str(first["endpoint"]),
        "estimate": effect.yi,
        "se": effect.sei,
        "source": str(first["source_id"]),
        "locator": str(first["locator"]),
        "assessor": "",
        "maturity": "",
        "population": "",
        "definition": definition_of(library, first),
        "extraction": "double" if {r["extraction"] for r in rows} == {"double"} else "single",
        "derivation": {
            "rung": "counts of one arm",
            "formula": PROPORTION_FORMULAS["PLO"],
            "reference": PROPORTION_REFERENCE,
            "se_lower": None,
            "se_upper": None,
            "inputs": {
                f"{row['arm_id']}: {name}": text
                for row, record in zip(rows, derived, strict=True)
                for name, text in inputs_of(record).items()
            },
        },
        "flags": list(dict.fromkeys(flags)),
        "margin": None,
        "third_contrasts": [],
    }
