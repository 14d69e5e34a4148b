"""What decides is what a file says, not its date."""

import json
import math
import os

import pytest
from test_pipeline import EVERY_JOB, Review, copy

pytestmark = pytest.mark.pipeline

LONG_AGO = 978_307_200  # 2001-01-01
OLD = "deliver.cvd.t01,deliver,dapa,placebo,CVD,,ITT,,,HR,0.88,"


def hazard_ratio(review: Review) -> float:
    """DELIVER's hazard ratio of cardiovascular death in the built record."""
    path = review.folder / "results/questions/cardiovascular-death/result.json"
    trials = json.loads(path.read_text("utf-8"))["trials"]
    (own,) = (trial for trial in trials if trial["trial_id"] == "deliver")
    return math.exp(own["estimate"])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Review:
    review = copy(tmp_path_factory.mktemp("dates") / "review")
    assert review.jobs() == EVERY_JOB
    return review


def test_a_changed_number_with_an_older_date_is_read(built: Review) -> None:
    built.edit("data/raw/time_to_event.csv", OLD, OLD.replace("0.88", "0.89"))
    os.utime(built.folder / "data/raw/time_to_event.csv", (LONG_AGO, LONG_AGO))
    ran = built.jobs()
    assert hazard_ratio(built) == pytest.approx(0.89)
    # The other shard is not pooled again: it has nothing of what changed.
    assert "pool_death" in ran
    assert "pool_hard" not in ran
    assert built.jobs() == []


def test_a_changed_setting_with_an_older_date_is_read(built: Review) -> None:
    built.edit("config/config.yaml", "SGLT2 inhibitors in heart failure\n", "Another title\n")
    os.utime(built.folder / "config/config.yaml", (LONG_AGO, LONG_AGO))
    ran = built.jobs()
    assert "Another title" in (built.folder / "results/report/index.html").read_text("utf-8")
    assert not [job for job in ran if job.startswith(("pool_", "figures_"))]
