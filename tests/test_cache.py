"""What steps make is kept by what it was made of, whatever happens in between."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from trialpool.cache import FOLDER, LIMIT, Cache, digest, prune_of_build

CONTENTS = {"a.txt": b"one", "b.bin": bytes(range(256))}


class Maker:
    """Makes contents, and counts how often."""

    def __init__(self, contents=CONTENTS):
        self.contents, self.times = contents, 0

    def __call__(self):
        self.times += 1
        return self.contents


def entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def test_the_same_is_made_once_and_anything_else_anew(tmp_path):
    make = Maker()
    for _ in range(3):
        assert Cache(tmp_path, "code").made(["pool", b"input"], make) == CONTENTS
    assert make.times == 1
    others = [
        (Cache(tmp_path, "other code"), ["pool", b"input"]),
        (Cache(tmp_path, "code"), ["pool", b"inpu", b"t"]),
        (Cache(tmp_path, "code"), ["figures", b"input"]),
    ]
    for times, (cache, parts) in enumerate(others, start=2):
        cache.made(parts, make)
        assert make.times == times
    assert len(entries(tmp_path)) == 4


def test_parts_keep_their_borders():
    assert digest("ab", "c") != digest("a", "bc") != digest("abc")
    assert digest("a") == digest(b"a")


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:20],
        lambda content: content[:-1],
        lambda content: content[:40] + bytes([content[40] ^ 1]) + content[41:],
        lambda content: content + b"x",
    ],
    ids=["empty", "short digest", "cut", "one bit", "longer"],
)
def test_a_damaged_entry_is_made_again(tmp_path, damage):
    make, cache = Maker(), Cache(tmp_path)
    cache.made(["x"], make)
    (entry,) = entries(tmp_path)
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole))
    assert cache.made(["x"], make) == CONTENTS
    assert make.times == 2
    assert entry.read_bytes() == whole


def test_what_a_kill_leaves_is_no_entry_and_goes_in_time(tmp_path):
    half = tmp_path / f".{digest('', 'x')}.0123.tmp"
    half.write_bytes(b"half of it")
    make, cache = Maker(), Cache(tmp_path)
    assert cache.made(["x"], make) == CONTENTS
    assert make.times == 1
    cache.prune(LIMIT)
    assert half.exists()  # perhaps another job is writing it
    os.utime(half, (time.time() - 7200,) * 2)
    cache.prune(LIMIT)
    assert not half.exists()
    assert cache.made(["x"], make) == CONTENTS
    assert make.times == 1


def test_the_folder_stays_within_its_limit_and_keeps_what_was_used_last(tmp_path):
    cache = Cache(tmp_path)
    for number in range(10):
        cache.made([str(number)], Maker({"x": bytes(1500)}))
        (tmp_path / digest("", str(number))).touch()
        os.utime(tmp_path / digest("", str(number)), (number, number))
    again = Maker()
    cache.made(["0"], again)  # used, and so not the one of longest ago
    assert again.times == 0
    cache.prune(10_000)
    left = entries(tmp_path)
    assert 0 < sum(path.stat().st_size for path in left) <= 10_000
    assert tmp_path / digest("", "0") in left
    assert tmp_path / digest("", "9") in left
    assert tmp_path / digest("", "1") not in left


def test_the_limit_of_a_build_grows_with_its_questions(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    monkeypatch.setattr("trialpool.cache.LIMIT", 1000)
    monkeypatch.setattr("trialpool.cache.PER_QUESTION", 200)
    for number in range(3):
        Cache(tmp_path).made([str(number)], Maker({"x": bytes(500)}))
    prune_of_build(10)  # 2,000 bytes
    assert len(entries(tmp_path)) == 3
    prune_of_build(1)  # 1,000, and four fifths of it left
    assert len(entries(tmp_path)) == 1


def test_many_writers_of_one_entry_all_get_it_whole(tmp_path):
    def one(number):
        parts = [str(number % 3)]
        return Cache(tmp_path).made(parts, Maker({"x": bytes([number % 3]) * 100_000}))["x"][0]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, range(60))) == [number % 3 for number in range(60)]
    assert len(entries(tmp_path)) == 3
    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_that_cannot_be_written_costs_no_build(tmp_path):
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    cache = Cache(tmp_path / "file")
    assert cache.made(["x"], Maker()) == CONTENTS
    cache.prune(LIMIT)


def test_without_a_folder_or_a_digest_of_the_code_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path / "kept"))
    assert Cache.of_build(None).folder is None
    assert Cache.of_build("code").folder == tmp_path / "kept"
    monkeypatch.setenv(FOLDER, "")
    assert Cache.of_build("code").folder is None
    make = Maker()
    Cache().made(["x"], make)
    Cache().made(["x"], make)
    assert make.times == 2


def test_files_come_back_into_a_folder(tmp_path):
    cache, times = Cache(tmp_path / "kept"), []

    def make(folder):
        times.append(folder)
        (folder / "a.txt").write_bytes(b"one")
        return [folder / "a.txt"]

    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        cache.files(["x"], folder, lambda folder=folder: make(folder))
        assert (folder / "a.txt").read_bytes() == b"one"
    assert len(times) == 1
