"""The raw tables, derived effects and taxonomy as selection reads them."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Any, Final, NamedTuple

from msgspec import structs

from trialpool import formatting as fmt
from trialpool.effects.flags import SECONDARY
from trialpool.effects.p_bounds import BOUNDED
from trialpool.evidence.assessors import Assessor, assessors_of
from trialpool.evidence.comparisons import Compared, compare
from trialpool.evidence.contrasts import Contrast, Taxonomy, split_agents
from trialpool.evidence.grades import grade_of
from trialpool.evidence.printed import parse_count, parse_number
from trialpool.evidence.printed_rows import RESULT_TABLES, printed_row
from trialpool.evidence.risk_of_bias import TABLE as RISK_OF_BIAS
from trialpool.evidence.risk_of_bias import judgements
from trialpool.evidence.tables import Evidence
from trialpool.records.groups import ExcludedRow
from trialpool.records.trials import Arm, Derivation, RiskOfBias, SelectedTrial

Row = Mapping[str, Any]
Arms = tuple[str, str, str]  # of a trial: its id, experimental arm, control arm

# The columns by which a row has its curve.
ON_CURVES: Final = ("trial_id", "experimental_arm", "control_arm", "endpoint")
# Below this p-value of the test on its curve a hazard ratio is flagged as an average over time.
PROPORTIONAL_BELOW: Final = 0.05


class DerivedEffect(NamedTuple):
    """An effect on the analysis scale as effects.csv has it: estimate, standard error, and how."""

    yi: float
    sei: float
    derivation: Derivation

    def turned(self, what: str) -> DerivedEffect:
        """Return the effect of the second side against the first; `what` was swapped."""
        formula = f"{self.derivation.formula}; sign turned with the {what}"
        derivation = structs.replace(self.derivation, formula=formula)
        return DerivedEffect(-self.yi, self.sei, derivation)


class Overlap(NamedTuple):
    """A joint analysis of individual data, and the trials that it contains."""

    pooled: str
    members: tuple[str, ...]


@dataclass
class Library:
    """The raw tables, derived effects and taxonomy, indexed for selection."""

    evidence: Evidence
    effects: Sequence[Row]
    taxonomy_config: Mapping[str, Any]
    unusable: Mapping[tuple[str, str], str]
    taxonomy: Taxonomy = field(init=False)
    trials: dict[str, Row] = field(init=False)
    arms: dict[tuple[str, str], Row] = field(init=False)
    sources: dict[str, Row] = field(init=False)
    assessors: dict[str, Assessor] = field(init=False)
    derived: dict[tuple[str, str], Row] = field(init=False)
    results: dict[str, tuple[str, Row]] = field(init=False)
    # By arms or curve: every question asks for the same ones again.
    _contrasts: dict[Arms, Contrast] = field(init=False, default_factory=dict)
    _compared: dict[Arms, Compared] = field(init=False, default_factory=dict)
    _curves_that_bend: dict[tuple[str, ...], float] = field(init=False, default_factory=dict)

    _arms_of: dict[str, list[str]] = field(init=False, default_factory=lambda: defaultdict(list))
    _by_endpoint: dict[str, dict[str, list[tuple[int, Row]]]] = field(
        init=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        self.taxonomy = Taxonomy(self.taxonomy_config)
        self.trials = {row["trial_id"]: self._trial(row) for row in self.evidence.rows("trials")}
        self.arms = {(r["trial_id"], r["arm_id"]): r for r in self.evidence.rows("arms")}
        for trial_id, arm_id in self.arms:
            self._arms_of[trial_id].append(arm_id)
        self.sources = {row["source_id"]: row for row in self.evidence.rows("sources")}
        self.assessors = assessors_of(self.taxonomy_config)
        self.derived = {(r["table"], r["row_id"]): r for r in self.effects}
        self.results = {
            str(row["row_id"]): (table, row)
            for table in RESULT_TABLES
            for row in self.evidence.rows(table)
        }
        for curve in self.evidence.rows("reconstructed_survival"):
            p_value = parse_number(str(curve["ph_p_value"]))
            if p_value is not None and p_value.value < PROPORTIONAL_BELOW:
                key = tuple(str(curve[name]) for name in ON_CURVES)
                self._curves_that_bend.setdefault(key, p_value.value)

    def _trial(self, row: Row) -> Row:
        """Return a row of trials.csv; what is a cohort by the taxonomy has that design."""
        cohorts = self.taxonomy_config.get("designs_cohort", {})
        return {**row, "design": "cohort"} if row["trial_id"] in cohorts else row

    def in_whom(self, trial_id: str) -> str:
        """Return the cell of the foremost column that says in whom a trial was done."""
        row = self.trials[trial_id]
        return next((str(row.get(column, "")) for column in self.taxonomy.trial_columns), "")

    def contrast(self, trial_id: str, experimental: str, control: str) -> Contrast:
        """Compare two arms of a trial."""
        arms = (trial_id, experimental, control)
        if arms not in self._contrasts:
            self._contrasts[arms] = self.taxonomy.contrast(
                trial_id,
                (experimental, str(self.arms[trial_id, experimental]["agents"])),
                (control, str(self.arms[trial_id, control]["agents"])),
            )
        return self._contrasts[arms]

    def compared(self, trial_id: str, experimental: str, control: str) -> Compared:
        """Say what two arms of a trial compare, by the names of drugs and by strategy."""
        named = (trial_id, experimental, control)
        if named not in self._compared:
            arms = ((arm, str(self.arms[trial_id, arm]["agents"])) for arm in named[1:])
            found = compare(self.taxonomy, self.trials[trial_id], *arms)
            self._compared[named] = Compared(self.contrast(*named), *found)
        return self._compared[named]

    def is_turned(self, trial_id: str, experimental: str, control: str) -> bool:
        """Whether a comparison is to be read with its arms swapped."""
        return any(
            (entry["trial_id"], entry["experimental_arm"], entry["control_arm"])
            == (trial_id, experimental, control)
            for entry in self.taxonomy_config.get("contrasts_schedule", [])
            if "turned" in entry
        )

    def level(self, row: Row) -> tuple[str, str]:
        """Return canonical names of a row's biomarker and its level."""
        aliases = self.taxonomy_config.get("biomarker_aliases", {})
        biomarker = str(aliases.get(row["biomarker"], row["biomarker"]))
        levels = self.taxonomy_config.get("level_aliases", {}).get(biomarker, {})
        return biomarker, str(levels.get(row["biomarker_level"], row["biomarker_level"]))

    def enrolled_only(self, row: Row) -> bool:
        """Whether a trial enrolled patients with the row's level of a biomarker only."""
        enrolled = self.taxonomy_config.get("enrolled_levels", {}).get(row["trial_id"], {})
        return self.level(row) in [
            self.level({"biomarker": marker, "biomarker_level": level})
            for marker, level in enrolled.items()
        ]

    def population_kind(self, row: Row) -> str | None:
        """Return the kind of a row's population, None where the taxonomy does not place it."""
        kind = self.taxonomy_config["populations"].get(row["population"])
        return None if kind is None else str(kind)

    @property
    def overlaps(self) -> list[Overlap]:
        """Joint analyses with the trials that they contain."""
        entries = self.taxonomy_config.get("overlaps", [])
        return [Overlap(str(entry["pooled"]), tuple(entry["members"])) for entry in entries]

    def contrasts_of(self, trial_id: str, arm_id: str) -> list[Contrast]:
        """Compare an arm with every arm of the other role in its trial."""
        role = self.arms[trial_id, arm_id]["role"]
        of_trial = self._arms_of.get(trial_id, ())
        others = [other for other in of_trial if self.arms[trial_id, other]["role"] != role]
        if role == "control":
            return [self.contrast(trial_id, other, arm_id) for other in others]
        return [self.contrast(trial_id, arm_id, other) for other in others]

    def not_randomised(self, trial_id: str, experimental: str, control: str) -> str | None:
        """Say why a comparison of two arms is not a randomised one, None if it is."""
        for entry in self.taxonomy_config.get("non_randomised_contrasts", []):
            named = (entry["trial_id"], entry["experimental_arm"], entry["control_arm"])
            if named == (trial_id, experimental, control):
                return str(entry.get("reason", "not a randomised comparison"))
        return None

    def year(self, source_id: str) -> int | None:
        """Year of a source, None where it is not known."""
        return (
            parse_count(str(self.sources[source_id]["year"])) if source_id in self.sources else None
        )

    def proportional_flag(self, row: Row) -> list[str]:
        """Flag a hazard ratio whose published curve, reconstructed, has hazards that change.

        One ratio then averages over time; the difference in restricted mean survival
        time says more (docs/explanation/survival.md).
        """
        p_value = self._curves_that_bend.get(tuple(str(row[name]) for name in ON_CURVES))
        if p_value is None:
            return []
        return [f"hazards not proportional on its curve ({fmt.p_statement(p_value)})"]

    def grade(self, source_id: str, flags: Iterable[str]) -> str:
        """Return the grade of a number of a source (`trialpool.evidence.grades`)."""
        grades = self.taxonomy_config.get("source_grades", {})
        source = self.sources.get(source_id, {})
        return grade_of(source, grades, secondary=SECONDARY in flags)

    def retraction(self, row: Row) -> str | None:
        """Say that the source of a row is retracted and what takes its place, None if it is not."""
        source_id = row["source_id"] if "source_id" in row else self.source_of_pmid(row["pmid"])
        source = self.sources.get(source_id, {})
        if source.get("status") != "retracted":
            return None
        replaced_by = source.get("replaced_by", "")
        return "its source is retracted" + (f"; replaced by {replaced_by}" if replaced_by else "")

    def source_of_pmid(self, pmid: str) -> str:
        """Return the source with a PubMed number, or the number itself as a source's name."""
        for source_id, row in self.sources.items():
            if pmid and row["pmid"] == pmid:
                return source_id
        return f"pmid:{pmid}"

    def source(self, source_id: str) -> Row:
        """Return a row of sources.csv; of a report known by its PubMed number only, that number."""
        if source_id in self.sources:
            return self.sources[source_id]
        pmid = source_id.removeprefix("pmid:")
        unknown = dict.fromkeys(("first_author", "year", "journal", "title", "doi"), "")
        return {**unknown, "title": f"PubMed {pmid}", "pmid": pmid}

    def arm(
        self,
        trial_id: str,
        arm_id: str,
        n: int | None = None,
        events: int | None = None,
        between: tuple[int | None, int | None] = (None, None),
    ) -> Arm:
        """Build the arm of a comparison; its events lie `between` two numbers, if they differ."""
        row = self.arms[trial_id, arm_id]
        smallest, largest = between if between[0] != between[1] else (None, None)
        return Arm(
            arm_id=arm_id,
            label=str(row["label"]),
            agents=tuple(split_agents(str(row["agents"]))),
            n=n,
            events=events,
            events_smallest=smallest,
            events_largest=largest,
        )

    @cached_property
    def bounded(self) -> dict[tuple[str, str], Row]:
        """The rows whose standard error a p-value bounds, by table and row."""
        return {
            key: row
            for key, row in self.derived.items()
            if row["status"] == "estimate-only" and row["rung"] == BOUNDED
        }

    @cached_property
    def at_ends(self) -> tuple[Library, Library]:
        """The library as if every such standard error were the smallest, and the largest.

        Where that end is open the row stays without one.
        """
        return self._at("sei_lower"), self._at("sei_upper")

    def _at(self, end: str) -> Library:
        known = {key for key, row in self.bounded.items() if row[end] != ""}
        effects = [
            {**row, "status": "effect", "sei": row[end]} if key in known else row
            for key, row in self.derived.items()
        ]
        return Library(self.evidence, effects, self.taxonomy_config, self.unusable)

    def side(self, row: Row, side: str) -> Arm:
        """Build the arm on one side of a row that compares two."""
        return self.arm(
            str(row["trial_id"]),
            str(row[f"{side}_arm"]),
            n=whole(row[f"n_{side}"]),
            events=whole(row[f"events_{side}"]),
        )

    def randomised(self, row: Row, arm_id: str) -> int | None:
        """Randomised n of an arm: what an analysis of all patients counts when it prints no n.

        An analysis of a level or any part of the trial has an n of its own, unknown if not printed.
        """
        if row["biomarker"] or self.population_kind(row) != "itt":
            return None
        return whole(self.arms[row["trial_id"], arm_id]["n"])

    def effect(self, table: str, row_id: str) -> DerivedEffect:
        """Return what was derived from a row whose status is "effect"."""
        row = self.derived[table, row_id]
        derivation = Derivation(
            rung=str(row["rung"]),
            formula=str(row["formula"]),
            reference=str(row["reference"]),
            inputs=inputs_of(row),
            se_lower=_bound(row["sei_lower"]),
            se_upper=_bound(row["sei_upper"]),
        )
        return DerivedEffect(float(row["yi"]), float(row["sei"]), derivation)

    def rows(self, table: str, endpoints: Iterable[str]) -> Iterator[Row]:
        """Yield the rows of a table that report one of the endpoints, in the order of the table."""
        if table not in self._by_endpoint:
            found: dict[str, list[tuple[int, Row]]] = defaultdict(list)
            for at, row in enumerate(self.evidence.rows(table)):
                found[row["endpoint"]].append((at, row))
            self._by_endpoint[table] = dict(found)
        of_table = self._by_endpoint[table]
        rows = (of_table.get(endpoint, ()) for endpoint in set(endpoints))
        yield from (row for _, row in sorted(chain.from_iterable(rows), key=itemgetter(0)))

    def excluded(self, row: Row, stage: str, reason: str) -> ExcludedRow:
        """Note that a row is not in the pool."""
        trial_id = str(row["trial_id"])
        return ExcludedRow(
            row_id=str(row["row_id"]),
            trial_id=trial_id,
            label=str(self.trials[trial_id]["trial"]),
            stage=stage,
            reason=reason,
        )

    def with_printed(self, excluded: Iterable[ExcludedRow]) -> tuple[ExcludedRow, ...]:
        """Give rows that are not in a pool the number that their report prints."""
        return tuple(
            structs.replace(item, printed=printed_row(*self.results[item.row_id]))
            for item in excluded
        )

    @cached_property
    def judged(self) -> dict[tuple[str, str], RiskOfBias]:
        """Judgements of risk of bias by trial and endpoint; no endpoint: all of the trial."""
        return judgements(self.evidence.rows(RISK_OF_BIAS))

    def risk_of_bias(self, trial_id: str, endpoint: str) -> RiskOfBias | None:
        """Return what was judged of a result, else of its trial as a whole; None if nothing was."""
        return self.judged.get((trial_id, endpoint)) or self.judged.get((trial_id, ""))

    def with_judgements(self, trials: Iterable[SelectedTrial]) -> tuple[SelectedTrial, ...]:
        """Give trials what was judged of them."""
        return tuple(
            structs.replace(trial, risk_of_bias=self.risk_of_bias(trial.trial_id, trial.endpoint))
            for trial in trials
        )

    def with_pages(self, trials: Iterable[SelectedTrial]) -> tuple[SelectedTrial, ...]:
        """Give trials the addresses of the pages on which their rows were read."""
        return tuple(structs.replace(trial, read_at=self.pages(trial.row_ids)) for trial in trials)

    def pages(self, row_ids: Iterable[str]) -> tuple[str, ...]:
        """Return the addresses of the pages on which rows were read, each once."""
        rows = (self.results[row_id][1] for row_id in row_ids)
        pages = (str(row.get("evidence_url", "")) for row in rows)
        return tuple(dict.fromkeys(page for page in pages if page))


def whole(text: object) -> int | None:
    """Read a whole number, None where there is none."""
    shown = str(text)
    return int(shown) if shown.isascii() and shown.isdigit() else None


def inputs_of(derived: Row) -> dict[str, str]:
    """Return the printed cells that an effect was derived from."""
    return dict(json.loads(str(derived["inputs"])))


def _bound(cell: str | float) -> float | None:
    """Read a bound of the standard error; None where rounding leaves it open."""
    value = float(cell) if cell != "" else math.inf
    return value if math.isfinite(value) else None


def flags_of(derived: Row) -> list[str]:
    """Return the flags of a row of effects.csv."""
    return [flag for flag in str(derived["flags"]).split("; ") if flag]
