"""config/taxonomy.yaml covers data/raw, refers only to what exists, and states known facts."""

import csv
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from each_case import each_case

ROOT = Path(__file__).resolve().parents[1]
TAXONOMY = ROOT / "config" / "taxonomy.yaml"
TOP_LEVEL = {
    "classes",
    "mechanisms",
    "agents",
    "framework",
    "assessors",
    "trial_columns",
    "populations",
    "population_kinds",
    "response_definitions",
    "enrolled_levels",
    "biomarker_aliases",
    "biomarker_labels",
    "level_aliases",
    "overlaps",
    "responses_not_counts",
    "non_randomised_contrasts",
    "designs_cohort",
    "designs_equivalence",
    "contrasts_schedule",
    "no_background",
    "comparison_columns",
    "source_grades",
}
TABLES_WITH_MARKERS = ("time_to_event", "responses", "biomarker_contrasts")

Row = dict[str, str]


@cache
def table(name: str) -> list[Row]:
    path = ROOT / "data" / "raw" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def taxonomy() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(TAXONOMY.read_text(encoding="utf-8"))
    return content


def split(agents: str) -> list[str]:
    return [agent.strip() for agent in agents.split(";") if agent.strip()]


def markers() -> set[str]:
    return {row["biomarker"] for name in TABLES_WITH_MARKERS for row in table(name)} - {""}


def mechanism(agent: str) -> str:
    return str(taxonomy()["agents"][agent]["mechanism"])


def keys_of(node: yaml.Node | None) -> list[list[str]]:
    """Return the keys of every mapping below a node."""
    found = []
    if isinstance(node, yaml.MappingNode):
        found.append([str(key.value) for key, _ in node.value])
        for _, value in node.value:
            found += keys_of(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            found += keys_of(value)
    return found


def test_top_level_keys() -> None:
    assert set(taxonomy()) == TOP_LEVEL


def test_no_key_stands_twice() -> None:
    root = yaml.compose(TAXONOMY.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    twice = [k for keys in keys_of(root) for k, n in Counter(keys).items() if n > 1]
    assert twice == []


# -- coverage of the data


def test_agents_are_those_of_the_arms() -> None:
    in_data = {agent for row in table("arms") for agent in split(row["agents"])}
    assert set(taxonomy()["agents"]) == in_data


def test_populations_are_those_of_time_to_event() -> None:
    assert set(taxonomy()["populations"]) == {row["population"] for row in table("time_to_event")}


@pytest.mark.parametrize("endpoint", ["pCR", "ORR"])
def test_definitions_are_those_of_responses(endpoint: str) -> None:
    in_data = {row["definition"] for row in table("responses") if row["endpoint"] == endpoint}
    assert set(taxonomy()["response_definitions"][endpoint]) == in_data


# -- references resolve


def test_mechanisms_and_classes_resolve_and_are_used() -> None:
    mechanisms, classes = taxonomy()["mechanisms"], taxonomy()["classes"]
    assert {entry["mechanism"] for entry in taxonomy()["agents"].values()} == set(mechanisms)
    assert {entry["class"] for entry in mechanisms.values()} == set(classes)
    orders = [entry["order"] for entry in mechanisms.values()]
    assert len(set(orders)) == len(orders)
    assert all(entry["definition"] for entry in mechanisms.values())
    assert [name for name, entry in classes.items() if entry.get("inert")] == ["placebo"]


def test_same_as_and_biosimilar_of_name_another_agent_of_the_same_mechanism() -> None:
    agents = taxonomy()["agents"]
    for name, entry in agents.items():
        for link in ("same_as", "biosimilar_of"):
            if link in entry:
                assert entry[link] != name
                assert agents[entry[link]]["mechanism"] == entry["mechanism"]
                assert link not in agents[entry[link]], "no chains"


def test_population_kinds_are_known() -> None:
    assert set(taxonomy()["populations"].values()) <= set(taxonomy()["population_kinds"])


def test_rows_of_the_whole_trial_carry_a_whole_trial_population() -> None:
    """A kind that means one level of a marker is only used where the row names the marker."""
    kinds = taxonomy()["populations"]
    nameless = {
        row["row_id"]
        for row in table("time_to_event")
        if kinds[row["population"]] == "biomarker-level" and not row["biomarker"]
    }
    assert nameless == set()


def test_pcr_definitions_are_canonical() -> None:
    canonical = {"ypT0/is ypN0", "ypT0 ypN0", "ypT0/is", "not stated"}
    for spelling, meaning in taxonomy()["response_definitions"]["pCR"].items():
        assert meaning in canonical or meaning.startswith("other: "), spelling
    for meaning in canonical - {"not stated"}:
        assert taxonomy()["response_definitions"]["pCR"][meaning] == meaning


def test_orr_definitions_use_the_stated_words() -> None:
    allowed = {
        "assessor": {"blinded", "investigator", "not stated"},
        "confirmed": {"yes", "no", "not stated"},
        "scope": {"systemic", "intracranial", "other"},
        "criteria": {"RECIST", "not stated"},
    }
    for spelling, entry in taxonomy()["response_definitions"]["ORR"].items():
        assert set(entry) == set(allowed), spelling
        assert all(entry[key] in values for key, values in allowed.items()), spelling


def test_aliases_start_from_spellings_in_the_data() -> None:
    aliases = taxonomy()["biomarker_aliases"]
    assert set(aliases) | set(aliases.values()) <= markers()
    assert not set(aliases) & set(aliases.values()), "no chains"
    levels: dict[str, set[str]] = {}
    for name in TABLES_WITH_MARKERS:
        columns = ("level_a", "level_b") if name == "biomarker_contrasts" else ("biomarker_level",)
        for row in table(name):
            marker = aliases.get(row["biomarker"], row["biomarker"])
            levels.setdefault(marker, set()).update(row[column] for column in columns)
    for marker, spellings in taxonomy()["level_aliases"].items():
        assert set(spellings) <= levels[marker], marker
        assert all(isinstance(level, str) for level in spellings.values()), marker
        # An alias of an alias would depend on the order of reading; X -> X is allowed.
        for spelling, level in spellings.items():
            assert spellings.get(level, level) == level, (marker, spelling)


def test_trials_and_arms_exist() -> None:
    trials = {row["trial_id"] for row in table("trials")}
    arms = {(row["trial_id"], row["arm_id"]) for row in table("arms")}
    for overlap in taxonomy()["overlaps"]:
        assert {overlap["pooled"], *overlap["members"]} <= trials
    for key in ("responses_not_counts", "designs_equivalence", "designs_cohort"):
        assert set(taxonomy()[key]) <= trials
    for key in ("non_randomised_contrasts", "contrasts_schedule"):
        contrasts = [
            (entry["trial_id"], entry["experimental_arm"], entry["control_arm"])
            for entry in taxonomy()[key]
        ]
        assert len(set(contrasts)) == len(contrasts)
        for trial_id, experimental, control in contrasts:
            assert {(trial_id, experimental), (trial_id, control)} <= arms


def test_no_two_analyses_replace_each_other() -> None:
    inside = {overlap["pooled"]: set(overlap["members"]) for overlap in taxonomy()["overlaps"]}
    assert len(inside) == len(taxonomy()["overlaps"])
    for pooled, members in inside.items():
        assert pooled not in members
        for member in members:
            assert pooled not in inside.get(member, set())


# -- comparisons


def test_contrasts_with_the_same_agents_are_listed_as_schedules() -> None:
    arms = {(row["trial_id"], row["arm_id"]): split(row["agents"]) for row in table("arms")}
    agents = taxonomy()["agents"]

    def active(trial_id: str, arm_id: str) -> set[str]:
        names = {agents[agent].get("same_as", agent) for agent in arms[trial_id, arm_id]}
        return names - {"placebo"}

    listed = {
        (entry["trial_id"], entry["experimental_arm"], entry["control_arm"])
        for entry in taxonomy()["contrasts_schedule"]
    }
    for trial_id, experimental, control in listed:
        assert active(trial_id, experimental) == active(trial_id, control)
    for row in table("time_to_event"):
        contrast = (row["trial_id"], row["experimental_arm"], row["control_arm"])
        if active(*contrast[:2]) == active(contrast[0], contrast[2]):
            assert contrast in listed
    assert all(entry["differs"] for entry in taxonomy()["contrasts_schedule"])


def test_rows_called_not_randomised_are_listed() -> None:
    listed = {
        (entry["trial_id"], entry["experimental_arm"], entry["control_arm"])
        for entry in taxonomy()["non_randomised_contrasts"]
    }
    called = {
        (row["trial_id"], row["experimental_arm"], row["control_arm"])
        for row in table("time_to_event")
        if taxonomy()["populations"][row["population"]] == "not-randomised"
    }
    assert called
    assert called <= listed


def test_biosimilar_trials_are_equivalence_designs() -> None:
    biosimilars = {name for name, e in taxonomy()["agents"].items() if "biosimilar_of" in e}
    trials = {row["trial_id"] for row in table("arms") if biosimilars & set(split(row["agents"]))}
    assert set(taxonomy()["designs_equivalence"]) == trials


def test_cohorts_are_those_that_the_notes_call_retrospective() -> None:
    words = ("real world, retrospective", "retrospective cohort")
    noted = {row["trial_id"] for row in table("trials") if row["notes"].startswith(words)}
    assert set(taxonomy()["designs_cohort"]) == noted


def test_model_based_rates_are_not_counts() -> None:
    called = {
        row["trial_id"] for row in table("responses") if "bayes" in row["evidence_note"].lower()
    }
    assert called
    assert called <= set(taxonomy()["responses_not_counts"])


# -- the eight mechanisms of resistance


def test_eight_resistance_mechanisms_in_the_order_of_the_review() -> None:
    sections = [entry["review_section"] for entry in taxonomy()["framework"]["chapters"].values()]
    assert sections == [f"3.{i}" for i in range(1, 9)]


def test_strategies_exist_and_markers_are_in_the_data() -> None:
    seen: Counter[str] = Counter()
    for entry in taxonomy()["framework"]["chapters"].values():
        assert set(entry["strategies"]) <= set(taxonomy()["mechanisms"])
        assert entry["strategies"]
        assert set(entry["biomarkers"]) <= markers()
        assert entry["title"]
        assert entry["summary"]
        assert entry["rationale"]
        seen.update(entry["biomarkers"])
    assert max(seen.values()) == 1, "a marker stands under one mechanism"
    for spelling, canonical in taxonomy()["biomarker_aliases"].items():
        assert (spelling in seen) == (canonical in seen), "all spellings of a marker together"


# -- facts


@each_case(
    ("agent", "expected"),
    [
        ("trastuzumab", "antibody-domain-iv"),
        ("trastuzumab-dkst", "antibody-domain-iv"),
        ("pertuzumab", "antibody-domain-ii"),
        ("margetuximab", "antibody-fc-engineered"),
        ("zanidatamab", "antibody-bispecific"),
        ("kn026", "antibody-bispecific"),
        ("lapatinib", "tki-reversible"),
        ("neratinib", "tki-irreversible"),
        ("pyrotinib", "tki-irreversible"),
        ("afatinib", "tki-irreversible"),
        ("tucatinib", "tki-her2-selective"),
        ("trastuzumab emtansine", "adc-non-cleavable"),
        ("trastuzumab deruxtecan", "adc-cleavable-permeable"),
        ("trastuzumab rezetecan", "adc-cleavable-permeable"),
        ("trastuzumab duocarmazine", "adc-cleavable-permeable"),
        ("disitamab vedotin", "adc-cleavable-permeable"),
        ("gefitinib", "egfr-tki"),
        ("everolimus", "mtor"),
        ("alpelisib", "pi3k"),
        ("mk-2206", "akt"),
        ("ruxolitinib", "jak"),
        ("bevacizumab", "anti-vegf"),
        ("pembrolizumab", "pd1-pdl1"),
        ("tremelimumab", "ctla4"),
        ("utomilumab", "agonist-4-1bb"),
        ("palbociclib", "cdk46"),
        ("fulvestrant", "endocrine-therapy"),
        ("trastuzumab or lapatinib", "her2-unspecified"),
    ],
)
def test_mechanism_of_agent(agent: str, expected: str) -> None:
    assert mechanism(agent) == expected


def test_other_facts() -> None:
    agents, classes = taxonomy()["agents"], taxonomy()["classes"]
    assert agents["shr-a1811"]["same_as"] == "trastuzumab rezetecan"
    assert agents["pertuzumab biosimilar"]["biosimilar_of"] == "pertuzumab"
    backbone = {name for name, entry in classes.items() if not entry["targeted"]}
    assert backbone == {"chemotherapy", "endocrine", "physicians-choice", "placebo"}
    assert taxonomy()["populations"]["ITT"] == "itt"
    assert taxonomy()["populations"]["randomised with strata (n=291)"] == "modified-itt"
    joint = {overlap["pooled"]: overlap["members"] for overlap in taxonomy()["overlaps"]}
    assert sorted(joint["b31-n9831"]) == ["n9831", "nsabp-b31"]


# -- the documents


def test_documents_name_every_agent_and_column() -> None:
    page = (ROOT / "docs" / "review" / "taxonomy.md").read_text(encoding="utf-8")
    assert [agent for agent in taxonomy()["agents"] if agent not in page] == []
    labels = [entry["label"] for entry in taxonomy()["mechanisms"].values()]
    assert [label for label in labels if f"| {label} |" not in page] == []
    titles = [entry["title"] for entry in taxonomy()["framework"]["chapters"].values()]
    assert [title for title in titles if f"| {title} |" not in page] == []
    sections = (
        (ROOT / "docs" / "reference" / "data-dictionary.md")
        .read_text(encoding="utf-8")
        .split("\n## ")
    )
    for path in sorted((ROOT / "data" / "raw").glob("*.csv")):
        section = next(text for text in sections if text.startswith(path.name))
        first_cells = [line.split("|")[1] for line in section.splitlines() if line[:1] == "|"]
        names = [name for cell in first_cells for name in cell.replace("(own)", "").split(",")]
        words = {name.strip(" *") for name in names}
        assert [column for column in table(path.stem)[0] if column not in words] == []
