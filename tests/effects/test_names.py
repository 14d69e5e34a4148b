"""Names that differ by how they are typed alone."""

import pytest

from trialpool.effects.names import look_alikes


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (["T-DM1", "Lapatinib", "T‑DM1", "T–DM1"], [("T-DM1", "T‑DM1", "T–DM1")]),
        (["A + B", "A+B", "B + A", "A"], [("A + B", "A+B", "B + A")]),
        (["Study\u00a01", "Study 1", "Study  1", "Study 2"],
         [("Study\u00a01", "Study 1", "Study  1")]),
        (["placebo", "Placebo", "placebo"], [("placebo", "Placebo")]),
        (["ﬁne", "fine"], [("ﬁne", "fine")]),
        (["HER2 - low", "HER2-low"], [("HER2 - low", "HER2-low")]),
        (["A", "B", "A B", "AB"], []),
    ],
)  # fmt: skip
def test_groups(names, groups):
    assert look_alikes(names) == groups
    assert look_alikes(names * 2) == groups


def test_the_order_of_parts_may_matter():
    assert look_alikes(["A then + B", "B + A then"], sorted_parts=False) == []
