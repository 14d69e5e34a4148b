"""Steps with a cache: what is made again is what rests on the change."""

import json
import shutil
from pathlib import Path

import heart_failure_builds
import pytest

from trialpool.cache import Cache
from trialpool.cli.builds import edition_steps, pipeline
from trialpool.reviews import example


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of the questions of the heart-failure review, pooled."""
    review = tmp_path_factory.mktemp("cached") / "review"
    shutil.copytree(example("heart-failure"), review)
    return heart_failure_builds.build(review) / "questions"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Questions that were pooled or drawn, not taken from the cache."""
    names: list[str] = []
    pooled = pipeline._pooled

    def pool(question, trials):
        names.append(f"pool {question.id}")
        return pooled(question, trials)

    def draw(what, stem):
        def drawn(folder, settings, *shown):
            names.append(f"{what} {folder.name}")
            path = folder / f"{stem}.svg"
            numbers = [trial.estimate for one in shown for trial in one[0].trials]
            path.write_text(json.dumps(numbers), encoding="utf-8")
            return [path]

        return drawn

    monkeypatch.setattr(pipeline, "_pooled", pool)
    monkeypatch.setattr(pipeline, "_forest", draw("draw", "forest"))
    monkeypatch.setattr(pipeline, "_beside", draw("pair", "beside"))
    return names


def run(questions: Path, cache: Cache) -> dict[str, bytes]:
    """Pool and draw every question, the first beside the second; all bytes of the results."""
    first, second = folders = sorted(questions.iterdir())
    for folder in folders:
        pipeline.pool(folder, cache)
    for folder in folders:
        beside = second.name if folder == first else None
        pipeline.figures(folder, {"preset": "default"}, None, beside, cache=cache)
    return {str(path): path.read_bytes() for path in sorted(questions.rglob("*.*"))}


def test_only_what_rests_on_a_change_is_made_again(questions, tmp_path, made) -> None:
    cache = Cache(tmp_path / "kept", "code")
    first, second = (folder.name for folder in sorted(questions.iterdir()))
    cold = run(questions, cache)
    assert len(made) == 5
    made.clear()
    assert run(questions, cache) == cold
    assert made == []
    # Without a cache, and with other code, everything is made, and comes out the same.
    for other in (Cache(), Cache(tmp_path / "kept", "other code")):
        assert run(questions, other) == cold
        assert len(made) == 5
        made.clear()
    table = questions / second / "input.csv"
    text = table.read_text("utf-8")
    (row,) = text.splitlines()[1:2]
    number = row.split(",")[text.split("\n")[0].split(",").index("sei")]
    table.write_text(text.replace(number, f"{float(number) + 0.01!r}", 1), encoding="utf-8")
    run(questions, cache)
    # The first question is drawn beside the second, and neither pooled nor drawn again alone.
    assert made == [f"pool {second}", f"pair {first}", f"draw {second}"]
    made.clear()
    table.write_text(text, encoding="utf-8")
    assert run(questions, cache) == cold
    assert made == []


def test_how_a_row_outside_the_pool_is_printed_moves_records_alone(
    questions, tmp_path, made
) -> None:
    cache = Cache(tmp_path / "kept", "code")
    run(questions, cache)
    made.clear()
    path = next(
        folder / "question.json"
        for folder in sorted(questions.iterdir())
        if json.loads((folder / "question.json").read_text("utf-8"))["excluded"]
    )
    before = path.read_text("utf-8")
    asked = json.loads(before)
    asked["excluded"][0]["printed"] = "HR 0.123"
    path.write_text(json.dumps(asked), encoding="utf-8")
    run(questions, cache)
    record = json.loads((path.parent / "result.json").read_text("utf-8"))
    path.write_text(before, encoding="utf-8")
    assert made == []
    assert record["excluded"] == asked["excluded"]


def test_pools_are_computed_twice_again_only_where_they_changed(
    questions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = sorted(questions.iterdir())
    computed: list[str] = []
    verified = edition_steps._verified

    def counted(record):
        computed.append(record.pools[0].question)
        return verified(record)

    def run(folders: list[Path], cache: Cache) -> bytes:
        edition_steps.verify(Path("config.yaml"), folders, tmp_path / "verification.csv", cache)
        return (tmp_path / "verification.csv").read_bytes()

    monkeypatch.setattr(edition_steps, "_verified", counted)
    cache = Cache(tmp_path / "kept", "code")
    plain = run(folders, Cache())
    assert run(folders, cache) == run(folders, cache) == plain
    assert len(computed) == 2 * len(folders)
    # A pool that was altered is no longer what was computed before.
    altered = tmp_path / folders[0].name
    shutil.copytree(folders[0], altered)
    record = json.loads((altered / "result.json").read_text("utf-8"))
    record["groups"][0]["models"]["hk"]["estimate"] += 0.01
    (altered / "result.json").write_text(json.dumps(record), "utf-8")
    with pytest.raises(SystemExit):
        run([altered, *folders[1:]], cache)
    assert len(computed) == 2 * len(folders) + 1
