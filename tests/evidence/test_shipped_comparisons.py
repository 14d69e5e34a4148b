"""The identity of every comparison of the shipped data."""

import copy
import csv
import random
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from trialpool.evidence.comparisons import compare
from trialpool.evidence.contrasts import Taxonomy, slug

ROOT = Path(__file__).resolve().parents[2]


@cache
def rows(table: str) -> list[dict[str, str]]:
    path = ROOT / "data" / "raw" / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@cache
def shipped() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(
        (ROOT / "config" / "taxonomy.yaml").read_text(encoding="utf-8")
    )
    return content


@cache
def trials() -> dict[str, dict[str, str]]:
    return {row["trial_id"]: row for row in rows("trials")}


@cache
def arms() -> dict[tuple[str, str], str]:
    return {(row["trial_id"], row["arm_id"]): row["agents"] for row in rows("arms")}


def contrasts() -> list[tuple[str, str, str]]:
    """Every pair of different arms of one trial."""
    return [(t, a, c) for t, a in arms() for u, c in arms() if t == u and a != c]


def in_review(taxonomy: Taxonomy, trial_id: str, one: str, other: str) -> Any:
    sides = ((arm, arms()[trial_id, arm]) for arm in (one, other))
    return compare(taxonomy, trials()[trial_id], *sides)


@cache
def known(trial_id: str, one: str, other: str) -> tuple[str, str]:
    """Ids of comparison and strategy."""
    comparison, strategy = in_review(Taxonomy(shipped()), trial_id, one, other)
    return comparison.id, strategy.id


def test_ids_do_not_depend_on_the_order_of_agents():
    taxonomy, shuffle = Taxonomy(shipped()), random.Random(1).shuffle
    for trial_id, *pair in contrasts():
        sides = []
        for arm in pair:
            agents = [*arms()[trial_id, arm].split("; "), "placebo"]
            shuffle(agents)
            sides.append((arm, "; ".join(agents)))
        comparison, strategy = compare(taxonomy, trials()[trial_id], *sides)
        assert (comparison.id, strategy.id) == known(trial_id, *pair)
        assert comparison == in_review(taxonomy, trial_id, *pair)[0]


def relabelled() -> dict[str, Any]:
    """The taxonomy with other words and another order of everything, and the same ids."""
    other = copy.deepcopy(shipped())
    for entry in (*other["classes"].values(), *other["mechanisms"].values()):
        entry["label"] = f"so-called {entry['label']}"
    for entry in other["classes"].values():
        if "background" in entry:
            entry["background"] = [f"other {words}" for words in entry["background"]]
    for entry in other["mechanisms"].values():
        entry["order"] = 1000 - entry["order"]
    for name, entry in other["agents"].items():
        entry["short"] = name[:3]
    for entry in other["comparison_columns"]:
        entry["labels"] = {}
    for entry in other["contrasts_schedule"]:
        entry["differs"] = f"now called {entry['differs']}"
    other["no_background"] = ""
    for part in ("classes", "mechanisms", "agents"):
        other[part] = dict(reversed(other[part].items()))
    return other


def test_ids_do_not_depend_on_labels_or_on_the_order_of_the_taxonomy():
    taxonomy = Taxonomy(relabelled())
    for contrast in contrasts():
        comparison, strategy = in_review(taxonomy, *contrast)
        assert (comparison.id, strategy.id) == known(*contrast)


def test_ids_do_not_depend_on_the_name_of_a_trial():
    taxonomy = Taxonomy(shipped())
    for trial_id, one, other in contrasts():
        comparison, _ = in_review(taxonomy, trial_id, one, other)
        if comparison.kind != "schedule":
            row = {**trials()[trial_id], "trial_id": "renamed", "trial": "RENAMED"}
            sides = ((arm, arms()[trial_id, arm]) for arm in (one, other))
            assert compare(taxonomy, row, *sides)[0] == comparison


def test_arms_swapped_swap_the_sides_and_nothing_else():
    taxonomy = Taxonomy(shipped())
    for trial_id, one, other in contrasts():
        there, back = (
            in_review(taxonomy, trial_id, *pair)[0] for pair in ((one, other), (other, one))
        )
        assert (there.added, there.removed) == (back.removed, back.added)
        assert (there.shared, there.background) == (back.shared, back.background)
        assert (there.id == back.id) == (there.kind == "schedule")


def test_different_names_of_the_taxonomy_make_different_ids():
    for part in ("agents", "classes", "mechanisms"):
        assert len({slug(name) for name in shipped()[part]}) == len(shipped()[part])


def test_parts_of_an_id_are_told_apart():
    """Ids are equal only where all that they are made of is."""
    taxonomy, made = Taxonomy(shipped()), {}
    for contrast in contrasts():
        one, strategy = in_review(taxonomy, *contrast)
        schedule = taxonomy.schedule_id(*contrast) if one.kind == "schedule" else ""
        drugs = tuple(filter(taxonomy.is_targeted, one.shared[0])) or one.shared[0]
        parts = (*one.columns.items(), one.kind, schedule or (one.added, one.removed))
        parts += (drugs,) if schedule else (one.background,)
        assert made.setdefault(one.id, parts) == parts
        her2 = tuple(name for name in one.background if shipped()["classes"][name]["targeted"])
        kind = (one.kind, schedule if schedule else her2, one.columns["her2_status"])
        assert made.setdefault(strategy.id, kind) == kind


APART = {
    "a first drug against none, and one added to another": [
        (("tandem", "tras-ana", "ana"), ("egf104900", "lap-tras", "lap")),
        (("teach", "lap", "pbo"), ("altto", "l-plus-t", "t")),
        (("egf104535", "lap-pac", "pbo-pac"), ("alternative", "lap-tras-ai", "tras-ai")),
        (("her2climb", "tuc-tras-cap", "pbo-tras-cap"), ("her2climb-02", "tuc-tdm1", "pbo-tdm1")),
    ],
    "added to and instead of": [
        (("altto", "l-plus-t", "t"), ("altto", "l", "t")),
        (("neosphere", "thp", "th"), ("neosphere", "tp", "th")),
        (("neosphere", "tp", "th"), ("neosphere", "hp", "th")),
    ],
    "one antibody left in place, and both replaced": [
        (("kristine", "t-dm1-p", "tchp"), ("predix-her2", "t-dm1", "thp")),
    ],
    "the same chemotherapy, and another": [
        (("bcirg006", "ac-th", "ac-t"), ("bcirg006", "tch", "ac-t")),
    ],
    "two drugs, and one of them": [
        (("marianne", "t-dm1-p", "h-tax"), ("marianne", "t-dm1", "h-tax")),
    ],
    "what was taken away": [
        (("emilia", "t-dm1", "lap-cap"), ("th3resa", "t-dm1", "tpc")),
        (("nala", "ner-cap", "lap-cap"), ("nerlap-martin2013", "neratinib", "lap-cap")),
        (("wsg-adapt-tp", "t-dm1", "h-et"), ("wsg-adapt-tp", "t-dm1-et", "h-et")),
    ],
}
SAME = [
    # Whichever chemotherapy goes with it.
    (("marianne", "t-dm1", "h-tax"), ("tdm4450g", "t-dm1", "tras-doc")),
    (("emilia", "t-dm1", "lap-cap"), ("elaina", "t-dm1", "lap-cap")),
    (("phoebe", "pyr-cap", "lap-cap"), ("pyrotinib-phase2-ma2019", "pyr-cap", "lap-cap")),
    (("pherexa", "pert-tras-cap", "tras-cap"), ("precious", "ptc", "tc")),
    (("hera", "t1y", "obs"), ("b31-n9831", "ac-th", "ac-t")),
    (("neoaltto", "lap", "h"), ("geparquinto", "lap", "h")),
    (("impassion050", "atezo", "placebo"), ("aptneo", "hpct-a-noac", "hpct")),
    # HER2-low: one question in first and later lines.
    (("destiny-breast04", "t-dxd", "tpc"), ("destiny-breast06", "t-dxd", "tpc")),
    # Three biosimilars of one reference.
    (("reflections-b327-02", "pf-pac", "tras-pac"), ("hlx02-bc01", "hlx02-doc", "tras-doc")),
    (("phare", "t6m", "t12m"), ("persephone", "t6m", "t12m")),
]


@pytest.mark.parametrize(("one", "other"), [pair for pairs in APART.values() for pair in pairs])
def test_different_questions_stand_apart(one, other):
    assert known(*one)[0] != known(*other)[0]
    assert known(*one)[1] != known(*other)[1]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_question_is_one_comparison(one, other):
    assert known(*one) == known(*other)


def test_drugs_of_one_mechanism_are_one_strategy_and_several_comparisons():
    neratinib = known("nala", "ner-cap", "lap-cap")
    pyrotinib = known("phoebe", "pyr-cap", "lap-cap")
    assert neratinib[0] != pyrotinib[0]
    assert neratinib[1] == pyrotinib[1]
    # As are lines of treatment.
    first = known("cleopatra", "pert-tras-doc", "pla-tras-doc")
    later = known("pherexa", "pert-tras-cap", "tras-cap")
    assert first[0] == "pertuzumab-added-on-her2-antibody-positive-metastatic-first-line"
    assert later[0] == "pertuzumab-added-on-her2-antibody-positive-metastatic-later-line"
    assert first[1] == later[1] == "antibody-domain-ii-added-on-her2-antibody-positive"
    # As is endocrine therapy as a partner, whatever the chemotherapy.
    pertain = known("pertain", "pert-tras-ai", "tras-ai")
    assert pertain[0] == (
        "pertuzumab-added-on-endocrine-and-her2-antibody-positive-metastatic-first-line"
    )
    assert pertain[1] == first[1]
    assert known("puffin", "pert-tras-doc", "pla-tras-doc") == first


HER2_DIRECTED = {"her2-antibody", "her2-tki", "adc", "her2-unspecified"}


def test_no_pool_mixes_a_first_and_a_second_drug_or_her2_low_and_positive():
    """Of no two arms of the review, by comparison or by strategy."""
    taxonomy, classes = Taxonomy(shipped()), {}
    for contrast in contrasts():
        one, strategy = in_review(taxonomy, *contrast)
        if one.kind in ("added", "instead"):
            of_agents = [taxonomy.classes_of((agent,))[0][0] for agent in one.shared[0]]
            her2 = sorted(name for name in of_agents if name in HER2_DIRECTED)
            patients = (her2, trials()[contrast[0]]["her2_status"])
            assert classes.setdefault(one.id, patients) == patients
            assert classes.setdefault(strategy.id, patients) == patients


def test_an_empty_cell_is_no_part_of_an_id():
    """A trial of no stated line stands apart: no other comparison of a question is its twin."""
    assert known("tandem", "tras-ana", "ana")[0] == (
        "trastuzumab-added-on-endocrine-positive-metastatic"
    )
    assert trials()["tandem"]["line"] == ""


def test_labels_that_doctors_use():
    taxonomy = Taxonomy(shipped())

    def words(*contrast):
        return in_review(taxonomy, *contrast)[0].label

    assert words("destiny-breast03", "t-dxd", "t-dm1") == "T-DXd v T-DM1"
    assert words("cerebel", "lap-cap", "tras-cap") == "lapatinib v trastuzumab (with chemotherapy)"
    assert words("cleopatra", "pert-tras-doc", "pla-tras-doc") == (
        "pertuzumab added to trastuzumab + chemotherapy"
    )
    assert words("extenet", "ner", "pbo") == "neratinib v none"
    assert words("kaitlin", "ac-kp", "ac-thp") == (
        "T-DM1 v trastuzumab + chemotherapy (with pertuzumab + other chemotherapy)"
    )
    assert words("marianne", "t-dm1-p", "h-tax") == (
        "T-DM1 + pertuzumab v trastuzumab + chemotherapy"
    )
