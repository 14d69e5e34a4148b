"""Comparisons that a question could use, and the rows that fall out on the way."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.evidence.contrasts import Contrast, Taxonomy
from trialpool.evidence.printed import parse_count, parse_number
from trialpool.evidence.tables import Evidence

Row = Mapping[str, Any]

# Below this p-value of the test on its curve a hazard ratio is flagged as an average over time.
PROPORTIONAL_BELOW: Final = 0.05


@dataclass(frozen=True)
class Excluded:
    """A row that is not in the pool.

    Attributes
    ----------
    row_id, trial_id, label : str
        The row, its trial and the trial's name.
    stage : str
        The step at which it fell out, one of `STAGES`.
    reason : str
        Why, in words.
    """

    row_id: str
    trial_id: str
    label: str
    stage: str
    reason: str


STAGES = (
    "outside the question",
    "part of the trial",
    "not randomised",
    "another question",
    "set aside",
    "not poolable",
    "joint analysis",
    "several arms",
    "another report used",
)


@dataclass(frozen=True)
class Arm:
    """One arm as a comparison uses it; `printed` is a percentage that stands for its events."""

    arm_id: str
    label: str
    agents: tuple[str, ...]
    n: int | None
    events: int | None
    events_smallest: int | None = None
    events_largest: int | None = None
    printed: str = ""


@dataclass(frozen=True)
class Candidate:
    """A comparison of two arms that yields an effect size.

    `yi` and `sei` are on the analysis scale; for counts they are filled in by
    the question's measure. `rank` orders reports of the same comparison, the
    preferred one first. `is_indirect` says that the standard error comes from
    a p-value or a curve.
    """

    row_ids: tuple[str, ...]
    trial_id: str
    label: str
    endpoint: str
    experimental: Arm
    control: Arm
    contrast: Contrast
    source_id: str
    year: int | None
    locator: str
    maturity: str
    population: str
    definition: str
    extraction: str
    derived: Row
    rank: tuple[Any, ...]
    flags: tuple[str, ...]
    assessor: str = ""
    exactness: int = 0
    curve: Mapping[str, Any] | None = None
    is_indirect: bool = False
    level: str = ""

    @property
    def arms(self) -> tuple[str, str]:
        """Identifiers of the experimental and the control arm."""
        return self.experimental.arm_id, self.control.arm_id


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
    derived: dict[tuple[str, str], Row] = field(init=False)

    def __post_init__(self) -> None:
        self.taxonomy = Taxonomy(self.taxonomy_config)
        self.trials = {row["trial_id"]: row for row in self.evidence.rows("trials")}
        self.arms = {(r["trial_id"], r["arm_id"]): r for r in self.evidence.rows("arms")}
        self.sources = {row["source_id"]: row for row in self.evidence.rows("sources")}
        self.derived = {(r["table"], r["row_id"]): r for r in self.effects}

    def contrast(self, trial_id: str, experimental: str, control: str) -> Contrast:
        """Compare two arms of a trial."""
        return self.taxonomy.contrast(
            trial_id,
            (experimental, str(self.arms[trial_id, experimental]["agents"])),
            (control, str(self.arms[trial_id, control]["agents"])),
        )

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

    def contrasts_of(self, trial_id: str, arm_id: str) -> list[Contrast]:
        """Compare an arm with every arm of the other role in its trial."""
        role = self.arms[trial_id, arm_id]["role"]
        others = [
            other
            for (trial, other), row in self.arms.items()
            if trial == trial_id and row["role"] != role
        ]
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
        time says more (docs/survival.md).
        """
        names = ("trial_id", "experimental_arm", "control_arm", "endpoint")
        key = tuple(str(row[name]) for name in names)
        for curve in self.evidence.rows("reconstructed_survival"):
            p_value = parse_number(str(curve["ph_p_value"]))
            if (
                tuple(str(curve[name]) for name in names) == key
                and p_value is not None
                and p_value.value < PROPORTIONAL_BELOW
            ):
                return [f"hazards not proportional on its curve ({fmt.p_statement(p_value.value)})"]
        return []

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

    def arm(self, trial_id: str, arm_id: str, printed: str = "", **numbers: int | None) -> Arm:
        """Build the arm of a comparison."""
        row = self.arms[trial_id, arm_id]
        agents = tuple(part.strip() for part in str(row["agents"]).split(";") if part.strip())
        return Arm(
            arm_id,
            str(row["label"]),
            agents,
            numbers.get("n"),
            numbers.get("events"),
            numbers.get("events_smallest"),
            numbers.get("events_largest"),
            printed,
        )

    def rows(self, table: str, endpoints: Iterable[str]) -> Iterator[Row]:
        """Yield the rows of a table that report one of the endpoints."""
        wanted = set(endpoints)
        for row in self.evidence.rows(table):
            if row["endpoint"] in wanted:
                yield row

    def excluded(self, row: Row, stage: str, reason: str) -> Excluded:
        """Note that a row is not in the pool."""
        trial_id = str(row["trial_id"])
        label = str(self.trials[trial_id]["trial"])
        return Excluded(str(row["row_id"]), trial_id, label, stage, reason)


def whole(text: object) -> int | None:
    """Read a whole number, None where there is none."""
    shown = str(text)
    return int(shown) if shown.isascii() and shown.isdigit() else None


def not_whole_trial(
    library: Library, question: Mapping[str, Any], row: Row
) -> tuple[str, str] | None:
    """Say why a row lies outside the question or shows only a part of its trial."""
    trial = library.trials[row["trial_id"]]
    joint = row["trial_id"] in question.get("joint_analyses", [])
    for column, values in question.get("trials", {}).items():
        if joint and column == "design":
            continue
        if trial[column] not in values:
            have, want = trial[column] or "not given", " or ".join(values)
            return "outside the question", f"{column} is {have}, the question asks for {want}"
    if fault := _wrong_level(library, question, row):
        return fault
    if reason := question.get("exclude_rows", {}).get(row["row_id"]):
        return "set aside", str(reason)
    if reason := question.get("exclude_trials", {}).get(row["trial_id"]):
        return "set aside", str(reason)
    return None


def _wrong_level(library: Library, question: Mapping[str, Any], row: Row) -> tuple[str, str] | None:
    """Say why a row is about other patients than the question, by their biomarker."""
    wanted = question.get("biomarker")
    if wanted is not None:
        biomarker, level = library.level(row)
        if not biomarker and wanted.get("whole_trials", False):
            return None
        if biomarker != wanted["name"]:
            whom = biomarker or "all patients"
            words = f"{wanted['name']} {' or '.join(wanted['levels'])}"
            return "outside the question", f"the question asks for {words}: {whom}"
        if level not in wanted["levels"]:
            return "outside the question", f"{biomarker} {level or 'level not given'}"
        return None
    enrolled = library.taxonomy_config.get("enrolled_levels", {}).get(row["trial_id"], {})
    if row["biomarker"] and enrolled.get(row["biomarker"]) != row["biomarker_level"]:
        level = f" {row['biomarker_level']}" if row["biomarker_level"] else ""
        return "part of the trial", f"patients with {row['biomarker']}{level} only"
    return None


def level_rank(library: Library, question: Mapping[str, Any], row: Row) -> int:
    """Rank a row's biomarker level by the question's preference, 0 where it asks for none."""
    wanted = question.get("biomarker")
    if wanted is None:
        return 0
    return (
        wanted["levels"].index(library.level(row)[1]) if row["biomarker"] else len(wanted["levels"])
    )


def not_usable(library: Library, table: str, row: Row, wanted: Sequence[str]) -> str | None:
    """Say why a row yields no number that could be pooled."""
    if message := library.unusable.get((table, str(row["row_id"]))):
        return f"failed the audit: {message}"
    derived = library.derived[table, str(row["row_id"])]
    return None if derived["status"] in wanted else str(derived["reason"])


def inputs_of(derived: Row) -> dict[str, str]:
    """Return the printed cells that an effect was derived from."""
    return dict(json.loads(str(derived["inputs"])))
