"""Write a made-up review of any size: N questions, M trials, the same bytes for the same seed.

    .venv/bin/python benchmarks/large_review.py FOLDER [--questions N] [--trials M] [--seed S]
    .venv/bin/trialpool build FOLDER

Each setting (a column of trials.csv) has ten questions: hazard ratios, counts and means. A trial is
of one setting, compares one of its two drugs with placebo, and reports two of the ten
outcomes; without --trials there are five trials a question, so that each pools ten. A review
of one question has all trials in it. Ten settings are an area with endpoints of its own: a
question lists all rows of its endpoints that it does not pool, so that endpoints which all
questions share (--areas 1) make lists, and with them the build, quadratic.
"""

from __future__ import annotations

import argparse
import csv
import io
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

Row = Mapping[str, object]


class Outcome(NamedTuple):
    """One of the outcomes that each setting has a question about."""

    id: str
    name: str
    table: str
    measure: str


# In the order in which a setting gets its questions.
OUTCOMES: Final = (
    Outcome("OS", "overall survival", "time_to_event", "HR"),
    Outcome("PFS", "progression-free survival", "time_to_event", "HR"),
    Outcome("RESP", "response", "responses", "RR"),
    Outcome("PAIN", "pain score", "means", "MD"),
    Outcome("CVD", "cardiovascular death", "time_to_event", "HR"),
    Outcome("HOSP", "hospital admission", "time_to_event", "HR"),
    Outcome("CURE", "cure", "responses", "OR"),
    Outcome("RELIEF", "relief of symptoms", "responses", "RD"),
    Outcome("QOL", "quality of life score", "means", "MD"),
    Outcome("STROKE", "stroke", "time_to_event", "HR"),
)
GOOD: Final = {"RESP", "CURE", "RELIEF"}
DRUGS: Final = 24
IN_AREA: Final = 10
CONFIG: Final = """\
paths:
  raw: data/raw
  questions: config/questions.yaml
  taxonomy: config/taxonomy.yaml
  results: results
tables: [trials, arms, sources, time_to_event, responses, means]
endpoints:
{endpoints}
pooling:
  tau2: REML
  pi: t
  level: 0.95
  tau_priors: {{HR: bartos2023-hr}}
  important: {{HR: 0.80, RR: 1.25, OR: 1.25}}
  null_band: {{HR: [0.90, 1.11]}}
report:
  title: A made-up review
"""
QUESTION: Final = """\
{id}:
  title: {title}
  question: Does a drug of the class change {what} in setting {setting}?
  table: {table}
  measure: {measure}
  endpoints: [{endpoint}]
  trials: {{design: [rct], setting: [{setting}]}}
  contrasts: [strategy]
  multiarm: choose
  overall: null
  overall_reason: Each drug is a comparison of its own.
"""
# What questions on one table have beside that.
FURTHER: Final = {
    "time_to_event": "  populations: [itt]\n  report_policy: latest\n",
    "responses": "  definitions: [as counted by the trial]\n  report_policy: surest-count\n",
    "means": "  values: [final]\n  unit: points\n  report_policy: surest-number\n",
}
TAXONOMY: Final = """\
classes:
{classes}
  inert: {{label: placebo, targeted: false, inert: true}}
mechanisms:
{mechanisms}
  placebo: {{label: Placebo, class: inert, order: 99}}
agents:
{agents}
  placebo: {{mechanism: placebo}}
trial_columns: {{setting: Setting}}
comparison_columns:
  - column: setting
    apart: true
populations:
  ITT: itt
population_kinds:
  itt: all randomised patients
response_definitions:
{definitions}
"""


def word(number: int) -> str:
    """Return a name that no other number has, of letters alone."""
    first, last = "bcdfgklmnprstvz", "aeiou"
    syllables = []
    for _ in range(4):
        number, at = divmod(number, len(first) * len(last))
        syllables.append(first[at % len(first)] + last[at // len(first)])
    return "".join(reversed(syllables))


def drug(number: int) -> str:
    """Return the name of a drug; three drugs are of one mechanism."""
    return f"{word(number * 37 + 11)}{'mab' if number % 2 else 'nib'}"


def setting(number: int) -> str:
    """Return the cell that trials of a setting have."""
    return f"s{number + 1:04d}"


def endpoint(outcome: Outcome, area: int) -> str:
    """Return the id of an outcome in an area, as endpoints are named."""
    return f"{outcome.id}-{area + 1:02d}"


def questions(count: int) -> Iterator[tuple[str, Outcome]]:
    """Yield setting and outcome of each question."""
    for at in range(count):
        yield setting(at // len(OUTCOMES)), OUTCOMES[at % len(OUTCOMES)]


def configuration(count: int, areas: int) -> dict[str, str]:
    """Return the three files of the configuration by their paths."""
    endpoints = "\n".join(
        f"  {endpoint(one, area)}: {{name: {one.name}, "
        + (
            "higher_is_good: false, table: means}"
            if one.table == "means"
            else f"event_is_good: {str(one.id in GOOD).lower()}}}"
        )
        for area in range(areas)
        for one in OUTCOMES
    )
    asked = []
    for at, (where, outcome) in enumerate(questions(count)):
        text = QUESTION.format(
            id=f"{outcome.id.lower()}-{where}",
            title=f"{outcome.name.capitalize()}, setting {where}",
            what=outcome.name,
            setting=where,
            table=outcome.table,
            measure=outcome.measure,
            endpoint=endpoint(outcome, at // len(OUTCOMES) // IN_AREA % areas),
        )
        asked.append(text + FURTHER[outcome.table])
        if outcome.id == "PFS":
            asked[-1] += f"  beside: os-{where}\n"
    kinds = range(DRUGS // 3)
    taxonomy = TAXONOMY.format(
        classes="\n".join(f"  class-{k}: {{label: class {k}, targeted: true}}" for k in kinds),
        mechanisms="\n".join(
            f"  way-{k}: {{label: Way {k}, class: class-{k}, order: {k + 1}}}" for k in kinds
        ),
        agents="\n".join(f"  {drug(d)}: {{mechanism: way-{d // 3}}}" for d in range(DRUGS)),
        definitions="\n".join(
            f'  {endpoint(one, area)}: {{"": as counted by the trial}}'
            for area in range(areas)
            for one in OUTCOMES
            if one.table == "responses"
        ),
    )
    return {
        "config/config.yaml": CONFIG.format(endpoints=endpoints),
        "config/questions.yaml": "".join(asked),
        "config/taxonomy.yaml": taxonomy,
    }


def trial_rows(at: int, asked: int, areas: int, seed: int) -> dict[str, list[Row]]:
    """Return the rows of one trial by table."""
    rng = random.Random(f"{seed}:{at}")
    settings = math.ceil(asked / len(OUTCOMES))
    place, nth = at % settings, at // settings
    area = place // IN_AREA % areas
    outcomes = OUTCOMES[: min(len(OUTCOMES), asked - place * len(OUTCOMES))]
    name = word(at + 10_000)
    patients = [rng.randint(90, 700) for _ in range(2)]
    treated = drug((place * 2 + nth % 2 * 3) % DRUGS)
    arms = list(zip(("drug", "placebo"), (treated, "placebo"), patients, strict=True))
    found: dict[str, list[Row]] = {"time_to_event": [], "responses": [], "means": []}
    found["trials"] = [
        {
            **{"trial_id": name, "trial": name.upper(), "nct": f"NCT{at + 10_000_000:08d}"},
            **{"phase": "3", "design": "rct", "blinding": "double-blind"},
            **{"n_randomised": sum(patients), "status": "reported", "setting": setting(place)},
        }
    ]
    found["sources"] = [
        {
            **{"source_id": f"{name}{1990 + at % 30}", "first_author": name.capitalize()},
            **{"year": 1990 + at % 30, "journal": "Journal of Examples", "kind": "article"},
            **{"title": f"{treated.capitalize()} in {name.upper()}, a randomised trial"},
            **{"doi": f"10.5555/{name}.{at}", "pmid": 50_000_000 + at},
        }
    ]
    found["arms"] = [
        {
            **{"trial_id": name, "arm_id": arm, "label": agent.capitalize(), "agents": agent},
            **{"role": "experimental" if arm == "drug" else "control", "n": n},
        }
        for arm, agent, n in arms
    ]
    size = len(outcomes)
    reported = {nth % size, (nth + 1 + nth // size % max(1, size - 1)) % size}
    for outcome in (outcomes[i] for i in sorted(reported)):
        of = (outcome, name, str(found["sources"][0]["source_id"]))
        if outcome.table == "time_to_event":
            rows = ratio(*of, patients, rng)
        else:
            rows = by_arm(*of, arms, rng)
        found[outcome.table] += [{**row, "endpoint": endpoint(outcome, area)} for row in rows]
    return found


def ratio(
    outcome: Outcome, trial: str, source: str, patients: Sequence[int], rng: random.Random
) -> list[Row]:
    """Return a hazard ratio as a report prints it, its interval as wide as the events say."""
    events = [round(n * rng.uniform(0.25, 0.6)) for n in patients]
    error = math.sqrt(sum(1 / one for one in events))
    log = rng.gauss(-0.2, 0.15) + rng.gauss(0, error)
    limits = [math.exp(log + by * 1.959964 * error) for by in (0, -1, 1)]
    return [
        {
            **{"row_id": f"{trial}.{outcome.id.lower()}", "trial_id": trial},
            **{"experimental_arm": "drug", "control_arm": "placebo"},
            **{"population": "ITT", "measure": "HR", "ci_level": 95, "maturity": "primary"},
            **dict(
                zip(("estimate", "ci_lower", "ci_upper"), (f"{x:.2f}" for x in limits), strict=True)
            ),
            **{"n_experimental": patients[0], "n_control": patients[1]},
            **{"events_experimental": events[0], "events_control": events[1]},
            **{"source_id": source, "locator": "Table 2", "extraction": "single"},
        }
    ]


def by_arm(
    outcome: Outcome,
    trial: str,
    source: str,
    arms: Sequence[tuple[str, str, int]],
    rng: random.Random,
) -> list[Row]:
    """Return a row of counts, or of means, for each arm."""
    level = rng.uniform(0.25, 0.5) if outcome.table == "responses" else rng.uniform(38, 52)
    rows: list[Row] = []
    for arm, _, n in arms:
        treated = arm == "drug"
        if outcome.table == "responses":
            share = level + (0.08 if treated else 0)
            numbers: Row = {"events": sum(rng.random() < share for _ in range(n))}
        else:
            spread = rng.uniform(9, 13)
            mean = rng.gauss(level - (3 if treated else 0), spread / math.sqrt(n))
            numbers = {"mean": f"{mean:.1f}", "sd": f"{spread:.1f}", "unit": "points"}
            numbers = {**numbers, "timepoint": "week 12", "value": "final"}
        same = {"row_id": f"{trial}.{outcome.id.lower()}.{arm}", "trial_id": trial, "arm_id": arm}
        cited = {"source_id": source, "locator": "Table 2", "extraction": "single"}
        rows.append({**same, "n": n, **numbers, **cited})
    return rows


HEADERS: Final = {
    "trials": "trial_id,trial,nct,phase,design,blinding,n_randomised,status,notes,setting",
    "arms": "trial_id,arm_id,label,agents,role,n",
    "sources": "source_id,first_author,year,journal,title,doi,pmid,kind",
    "time_to_event": "row_id,trial_id,experimental_arm,control_arm,endpoint,assessor,population,"
    "biomarker,biomarker_level,measure,estimate,ci_lower,ci_upper,ci_level,p_value,n_experimental,"
    "n_control,events_experimental,events_control,median_experimental,median_control,time_unit,"
    "follow_up_months,maturity,source_id,locator,evidence_url,evidence_note,extraction",
    "responses": "row_id,trial_id,arm_id,endpoint,definition,biomarker,biomarker_level,events,n,"
    "percent,ci_lower,ci_upper,source_id,locator,evidence_url,evidence_note,extraction",
    "means": "row_id,trial_id,arm_id,endpoint,definition,timepoint,population,biomarker,"
    "biomarker_level,value,unit,n,mean,sd,se,ci_lower,ci_upper,ci_level,median,q1,q3,min,max,"
    "source_id,locator,evidence_url,evidence_note,extraction",
}


def write_review(
    folder: Path, asked: int, trials: int | None = None, areas: int | None = None, seed: int = 1
) -> None:
    """Write configuration and raw tables of a review of that many questions and trials."""
    trials = trials or 5 * asked
    areas = areas or math.ceil(asked / len(OUTCOMES) / IN_AREA)
    (folder / "config").mkdir(parents=True)
    (folder / "data/raw").mkdir(parents=True)
    for path, text in configuration(asked, areas).items():
        (folder / path).write_text(text, encoding="utf-8")
    rows = [trial_rows(at, asked, areas, seed) for at in range(trials)]
    for table, header in HEADERS.items():
        stream = io.StringIO()
        writer = csv.DictWriter(stream, header.split(","), lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for one in rows for row in one[table])
        (folder / f"data/raw/{table}.csv").write_text(stream.getvalue(), encoding="utf-8")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=1_000)
    parser.add_argument("--trials", type=int, help="default: five a question")
    parser.add_argument("--areas", type=int, help="default: one for ten settings")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    write_review(given.folder, given.questions, given.trials, given.areas, given.seed)


if __name__ == "__main__":
    main()
