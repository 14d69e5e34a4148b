"""Which questions run in one job: what they name, else shards of bounded size that stay put."""

from trialpool.settings import IN_SHARD, OWN_SHARDS, besides, shards_of


def asked(count: int) -> dict[str, dict[str, str]]:
    return {f"os-s{at}": {} for at in range(count)}


def homes(questions: dict[str, dict[str, str]]) -> dict[str, str]:
    return {one: shard for shard, inside in shards_of(questions).items() for one in inside}


def test_few_questions_have_a_shard_each_unless_they_name_one():
    questions = {"os-a": {}, "pfs-a": {"shard": "early"}, "pfs-b": {"shard": "early"}}
    assert shards_of(questions) == {"os_a": ["os-a"], "early": ["pfs-a", "pfs-b"]}
    assert len(shards_of(asked(OWN_SHARDS))) == OWN_SHARDS


def test_many_questions_share_shards_of_bounded_size():
    for count in (OWN_SHARDS + 1, 125, 1_000, 4_000):
        shards = shards_of(asked(count))
        assert sorted(one for inside in shards.values() for one in inside) == sorted(asked(count))
        # The next power of two: between half as many a shard and as many, on average.
        assert IN_SHARD / 2 <= count / len(shards) <= IN_SHARD
        assert max(map(len, shards.values())) <= 2.5 * IN_SHARD


def test_a_new_question_changes_one_shard_and_the_order_of_the_file_none():
    before, after = homes(asked(900)), homes({"new": {}, **asked(900)})
    assert {one: after[one] for one in before} == before
    assert homes(dict(reversed(asked(900).items()))) == before


def test_twice_the_questions_split_shards_and_mix_none():
    few, many = homes(asked(500)), homes(asked(1_000))
    together = {many[one]: set() for one in few}
    for one, shard in few.items():
        together[many[one]].add(shard)
    assert len(set(few.values())) == 32
    assert all(len(shards) == 1 for shards in together.values())


def test_questions_beside_others():
    named = {"a": {"beside": "b"}, "b": {"beside": "b"}, "c": {"beside": ["a"]}, "d": "no settings"}
    assert besides(named) == {"a": "b"}
