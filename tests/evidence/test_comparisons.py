"""The identity of a comparison: drugs by name, background, setting; and its strategy."""

from pathlib import Path
from typing import Any

import pytest

from trialpool.evidence.comparisons import compare, label
from trialpool.evidence.contrasts import Taxonomy, slug

ROOT = Path(__file__).resolve().parents[2]
SMALL: dict[str, Any] = {
    "classes": {
        "antibody": {"label": "antibody", "targeted": True, "background": ["antibody", "two"]},
        "kinase": {"label": "kinase inhibitor", "targeted": True, "background": ["inhibitor"]},
        "vessel": {"label": "vessel antibody", "targeted": True},
        "chemo": {"label": "chemotherapy", "targeted": False, "compared_as": "chemotherapy"},
        "inert": {"label": "placebo", "targeted": False, "inert": True},
    },
    "mechanisms": {
        "antibody-a": {"label": "Antibody against A", "class": "antibody", "order": 1},
        "antibody-b": {"label": "Antibody against B", "class": "antibody", "order": 2},
        "kinase-a": {"label": "Kinase inhibitor of A", "class": "kinase", "order": 3},
        "vessel": {"label": "Vessel antibody", "class": "vessel", "order": 4},
        "chemo": {"label": "Chemotherapy", "class": "chemo", "order": 9},
        "inert": {"label": "Placebo", "class": "inert", "order": 10},
    },
    "agents": {
        "amab": {"mechanism": "antibody-a"},
        "amab-xyz": {
            "mechanism": "antibody-a",
            "biosimilar_of": "amab",
            "compared_as": "amab biosimilar",
        },
        "amab biosimilar": {"mechanism": "antibody-a", "biosimilar_of": "amab"},
        "bemab": {"mechanism": "antibody-b"},
        "code-1": {"mechanism": "kinase-a", "same_as": "akinib"},
        "akinib": {"mechanism": "kinase-a", "short": "AKI"},
        "vemab": {"mechanism": "vessel"},
        "chemotherapy": {"mechanism": "chemo"},
        "taxol": {"mechanism": "chemo"},
        "cisplat": {"mechanism": "chemo"},
        "placebo": {"mechanism": "inert"},
    },
    "no_background": "nothing against A",
    "comparison_columns": [
        {"column": "marker", "labels": {"high": "A-high"}},
        {"column": "line", "values": {"1": "first-line"}, "only": {"marker": ["high"]}},
    ],
    "contrasts_schedule": [
        {
            "trial_id": "long",
            "experimental_arm": "x",
            "control_arm": "c",
            "id": "one-v-two-years",
            "differs": "two v one years",
            "turned": "one v two years",
        }
    ],
}


def of(experimental: str, control: str, *, taxonomy: Any = None, **trial: str) -> Any:
    row = {"trial_id": "trial", "marker": "", "line": "", **trial}
    return compare(Taxonomy(taxonomy or SMALL), row, ("x", experimental), ("c", control))


@pytest.mark.parametrize(
    ("experimental", "control", "known", "words", "strategy"),
    [
        (
            "bemab; amab; taxol",
            "placebo; amab; taxol",
            "bemab-added-on-antibody",
            "bemab added to amab + chemotherapy",
            ("antibody-b-added-on-antibody", "Antibody against B added to antibody"),
        ),
        (
            "amab; cisplat",
            "cisplat",
            "amab-added-on-none",
            "amab added to chemotherapy",
            ("antibody-a-added-on-none", "Antibody against A added to nothing against A"),
        ),
        (
            "code-1",
            "placebo",
            "akinib-added-on-none",
            "AKI v none",
            ("kinase-a-added-on-none", "Kinase inhibitor of A added to nothing against A"),
        ),
        (
            "amab; akinib",
            "akinib",
            "amab-added-on-kinase",
            "amab added to AKI",
            ("antibody-a-added-on-kinase", "Antibody against A added to inhibitor"),
        ),
        (
            "vemab; amab; bemab",
            "amab; bemab",
            "vemab-added-on-antibody-x2",
            "vemab added to amab + bemab",
            ("vessel-added-on-antibody-x2", "Vessel antibody added to two"),
        ),
        (
            "akinib; taxol",
            "amab; taxol",
            "akinib-v-amab-on-none",
            "AKI v amab (with chemotherapy)",
            ("kinase-a-instead-of-antibody-on-none", "Kinase inhibitor of A instead of antibody"),
        ),
        (
            "akinib; bemab",
            "amab; bemab; cisplat",
            "akinib-v-amab-and-chemotherapy-on-antibody",
            "AKI v amab + chemotherapy (with bemab)",
            (
                "kinase-a-instead-of-antibody-and-chemo-on-antibody",
                "Kinase inhibitor of A instead of antibody + chemotherapy, on antibody",
            ),
        ),
        # Partner against partner is not the same partner: both keep their names.
        (
            "amab; taxol",
            "cisplat",
            "amab-and-taxol-v-cisplat-on-none",
            "amab + taxol v cisplat",
            (
                "antibody-a-and-chemo-instead-of-chemo-on-none",
                "Antibody against A + chemotherapy instead of chemotherapy",
            ),
        ),
        (
            "amab; taxol; cisplat",
            "amab; taxol",
            "cisplat-added-on-antibody",
            "cisplat added to amab + other chemotherapy",
            ("chemo-added-on-antibody", "Chemotherapy added to antibody"),
        ),
        (
            "amab",
            "amab; taxol",
            "chemotherapy-omitted-on-antibody",
            "chemotherapy omitted from amab",
            ("chemo-omitted-on-antibody", "Chemotherapy omitted, on antibody"),
        ),
        (
            "placebo",
            "akinib",
            "akinib-omitted-on-none",
            "none v AKI",
            ("kinase-a-omitted-on-none", "Kinase inhibitor of A omitted"),
        ),
        (
            "amab-xyz; taxol",
            "amab; taxol",
            "amab-biosimilar-v-amab-on-none",
            "amab biosimilar v amab (with chemotherapy)",
            (
                "antibody-a-equivalence-on-none",
                "Antibody against A: biosimilar against reference",
            ),
        ),
        (
            "amab-xyz; taxol",
            "amab biosimilar; taxol",
            "amab-same-agents",
            "amab, same agents",
            ("antibody-a-same-agents", "Antibody against A, same agents"),
        ),
    ],
)
def test_identity_label_and_strategy(experimental, control, known, words, strategy):
    comparison, of_strategy = of(experimental, control)
    assert comparison.id == known
    assert comparison.label == words
    assert (of_strategy.id, of_strategy.label) == strategy
    assert comparison.strategy == of_strategy.id
    assert comparison.cells == of_strategy.comparisons == ()


def test_a_biosimilar_beside_other_drugs_is_its_reference():
    assert of("amab-xyz; akinib", "amab-xyz") == of("amab; akinib", "amab")
    assert of("amab-xyz", "taxol") == of("amab", "cisplat")


def test_a_schedule_is_known_by_its_id_whichever_arm_stands_first():
    one, strategy = of("amab; taxol", "taxol; amab", trial_id="long")
    row = {"trial_id": "long", "marker": "", "line": ""}
    turned, _ = compare(Taxonomy(SMALL), row, ("c", "amab; taxol"), ("x", "amab; taxol"))
    assert one.id == turned.id == "amab-one-v-two-years"
    assert one.label == "amab, two v one years"
    assert turned.label == "amab, one v two years"
    assert (one.kind, strategy.id) == ("schedule", "antibody-a-one-v-two-years")


def test_columns_tell_comparisons_apart_where_the_taxonomy_says_so():
    first, _ = of("amab; taxol", "taxol", marker="high", line="1")
    assert first.id == "amab-added-on-none-high-first-line"
    assert first.columns == {"marker": "high", "line": "first-line"}
    assert first.setting == "A-high, first line"
    assert of("amab", "", marker="high", line="2+")[0].id == "amab-added-on-none-high-2-plus"
    assert of("amab", "", marker="high")[0].setting == "A-high"
    # Where the marker is low the line does not matter.
    assert of("amab", "", marker="low", line="1") == of("amab", "", marker="low", line="2")


def test_labels_name_what_all_trials_share_and_then_the_alternatives():
    taxonomy = Taxonomy(SMALL)

    def words(kind, *shared):
        return label(taxonomy, kind, ("akinib",), ("amab",), shared)

    assert words("added", ("bemab", "vemab"), ("bemab", "taxol")) == (
        "AKI added to bemab + vemab or taxol"
    )
    assert words("added", ("bemab",), ("bemab", "taxol")) == "AKI added to bemab (± taxol)"
    assert words("added", (), ("taxol",)) == "AKI v none (± taxol)"
    assert words("instead", (), ("taxol",)) == "AKI v amab (± taxol)"
    assert label(taxonomy, "instead", ("amab", "akinib", "taxol"), ("bemab",), [()]) == (
        "AKI + amab + taxol v bemab"
    )


def test_slugs():
    assert slug("Physician's choice") == "physicians-choice"
    assert (slug("2"), slug("2+"), slug(" T_DM1 ")) == ("2", "2-plus", "t-dm1")
