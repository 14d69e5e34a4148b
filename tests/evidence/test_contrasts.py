"""What is compared with what."""

import pytest

from trialpool.evidence.contrasts import Taxonomy

TAXONOMY = Taxonomy(
    {
        "classes": {
            "antibody": {"label": "antibody", "targeted": True},
            "kinase": {"label": "kinase inhibitor", "targeted": True},
            "chemo": {"label": "chemotherapy", "targeted": False},
            "inert": {"label": "placebo", "targeted": False, "inert": True},
        },
        "mechanisms": {
            "antibody-a": {"label": "Antibody against A", "class": "antibody", "order": 1},
            "kinase-a": {"label": "Kinase inhibitor of A", "class": "kinase", "order": 2},
            "chemo": {"label": "Chemotherapy", "class": "chemo", "order": 9},
            "inert": {"label": "Placebo", "class": "inert", "order": 10},
        },
        "agents": {
            "amab": {"mechanism": "antibody-a"},
            "amab biosimilar": {"mechanism": "antibody-a", "biosimilar_of": "amab"},
            "code-1": {"mechanism": "kinase-a", "same_as": "akinib"},
            "akinib": {"mechanism": "kinase-a"},
            "taxol": {"mechanism": "chemo"},
            "cisplat": {"mechanism": "chemo"},
            "placebo": {"mechanism": "inert"},
        },
        "designs_equivalence": {"equal": "equivalence margin"},
        "contrasts_schedule": [
            {"trial_id": "long", "experimental_arm": "x", "control_arm": "c", "differs": "duration"}
        ],
    }
)


@pytest.mark.parametrize(
    ("experimental", "control", "kind", "category", "text"),
    [
        (
            "amab; taxol",
            "placebo; taxol",
            "added",
            "strategy",
            "amab added to taxol",
        ),
        (
            "akinib; taxol",
            "amab; taxol",
            "instead of antibody",
            "strategy",
            "akinib instead of amab (with taxol)",
        ),
        ("code-1", "akinib", "", "schedule", "same agents: akinib"),
        (
            "akinib; amab",
            "taxol; cisplat",
            "instead of chemotherapy",
            "strategy",
            "akinib + amab instead of taxol + cisplat",
        ),
        (
            "taxol; amab",
            "cisplat; amab",
            "instead of chemotherapy",
            "backbone",
            "taxol instead of cisplat (with amab)",
        ),
        (
            "amab biosimilar; taxol",
            "amab; taxol",
            "equivalence",
            "equivalence",
            "amab biosimilar instead of amab (with taxol)",
        ),
        (
            "amab",
            "amab; taxol",
            "omitted",
            "backbone",
            "taxol left out of amab",
        ),
    ],
)
def test_contrast(experimental, control, kind, category, text):
    contrast = TAXONOMY.contrast("trial", ("x", experimental), ("c", control))
    assert contrast.kind == kind
    assert contrast.category == category
    assert contrast.text == text


def test_added_stands_before_instead_of():
    added = TAXONOMY.contrast("t", ("x", "akinib; taxol"), ("c", "taxol"))
    instead = TAXONOMY.contrast("t", ("x", "akinib; taxol"), ("c", "amab; taxol"))
    assert added.order < instead.order


def test_arms_swapped_swap_what_is_added_and_removed():
    one = TAXONOMY.contrast("t", ("x", "akinib; taxol"), ("c", "amab; taxol"))
    other = TAXONOMY.contrast("t", ("c", "amab; taxol"), ("x", "akinib; taxol"))
    assert (one.added, one.removed, one.shared) == (other.removed, other.added, other.shared)


def test_listed_designs_are_questions_of_their_own():
    equal = TAXONOMY.contrast("equal", ("x", "amab; taxol"), ("c", "taxol"))
    assert equal.category == "equivalence"
    duration = TAXONOMY.contrast("long", ("x", "amab; taxol"), ("c", "taxol"))
    assert duration.category == "schedule"
    assert duration.kind == "duration"
