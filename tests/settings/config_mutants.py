"""Seeded faults in the three configuration files of a review.

Every mutant is made from its number alone, so a failing one can be made again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

FILES = ("config", "questions", "taxonomy")
# As they stand in YAML: what it reads as something else, what is no number, what is no name.
SCALARS = (
    ".nan", ".NaN", ".inf", "-.inf", "1e400", "1.0e400", "no", "NO", "on", "y", "true", "null",
    "~", "1e3", "1.0e3", "2020-01-01", "2020-01-01 10:00:00", "010", "0o10", "0x1F", "1_000",
    "190:20:30", "0", "-1", "0.5", "0.95", "1", "95", "99999999999999999999999999", "0.1e-400",
    "''", "' '", '"\\ufeffx"', '"x\\ufeff"', '"\\u0000"', '"\\x1b[31m"', '"\\u202ex"', '"a\\nb"',
    '"a\\r\\nb"', '"a\\tb"', "'$(id)'", "'`id`'", "'$HOME'", "'a; rm -rf x'", "'a''b'", "'a\"b'",
    "'a b'", "'{0}'", "'{wildcard}'", "'{{7*7}}'", "'%s%n'", "../../x", "../x", "/etc/passwd",
    "/", ".", "..", "a/b", "a\\b", "CON", "nul", "aux", "com1", "con.csv", "x" * 300, "'*'", "'?'",
    "Ünï", "試験", "🫀", "<script>alert(1)</script>", "'&amp;'", "']]>'", "[]", "{}", "[1, 2]",
    "[[a]]", "{a: b}", "[null]", "[.nan]", "{x: .inf}", "*nowhere", "&a b", "!!binary aGk=",
    "!!set {a, b}", "!!omap [a: 1]", "!!python/object/apply:os.system [id]", "!!str 1", "!x y",
    "!!float nan", "!!int x", "? a", "- a", "@a", "%a", "`a`", "|", ">", "REML", "HR", "pooled",
    "worsening", "itt", "dapagliflozin", "!!timestamp 2020-13-45", "<<", "=", "'\\'", '"\\"',
)  # fmt: skip
Change = Callable[[str, random.Random], str | bytes]


def mutant(number: int, folder: Path) -> tuple[str, str]:
    """Damage one of the files of a review's `config`; return its name and what was done."""
    rng = random.Random(number)
    name = rng.choice(FILES)
    path = folder / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    change = rng.choices(list(CHANGES), weights=list(CHANGES.values()))[0]
    damaged = change(text, rng)
    path.write_bytes(damaged if isinstance(damaged, bytes) else damaged.encode("utf-8"))
    return name, change.__name__


def _nodes(node: yaml.Node, *, keys: bool) -> Iterator[yaml.ScalarNode]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    for key, value in pairs:
        if keys:
            yield key
        yield from _nodes(value, keys=keys)
    for item in node.value if isinstance(node, yaml.SequenceNode) else []:
        yield from _nodes(item, keys=keys)
    if isinstance(node, yaml.ScalarNode) and not keys:
        yield node


def _replaced(text: str, rng: random.Random, *, keys: bool) -> str:
    node = rng.choice(list(_nodes(yaml.compose(text), keys=keys)))
    return text[: node.start_mark.index] + rng.choice(SCALARS) + text[node.end_mark.index :]


def value(text: str, rng: random.Random) -> str:
    return _replaced(text, rng, keys=False)


def key(text: str, rng: random.Random) -> str:
    return _replaced(text, rng, keys=True)


def key_of_other_case(text: str, rng: random.Random) -> str:
    node = rng.choice(list(_nodes(yaml.compose(text), keys=True)))
    start, end = node.start_mark.index, node.end_mark.index
    return text[:start] + text[start:end].swapcase() + text[end:]


def line_lost(text: str, rng: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    del lines[rng.randrange(len(lines))]
    return "".join(lines)


def line_twice(text: str, rng: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    at = rng.randrange(len(lines))
    return "".join([*lines[: at + 1], *lines[at:]])


def lines_swapped(text: str, rng: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    one, other = rng.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    return "".join(lines)


def indented(text: str, rng: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    at = rng.randrange(len(lines))
    lines[at] = rng.choice([" ", "  ", "\t", "\u00a0"]) + lines[at]
    return "".join(lines)


def block_twice(text: str, rng: random.Random) -> str:
    """Write a block of the top once more, under its own key or one of another case."""
    blocks = yaml.compose(text).value
    name, block = rng.choice(blocks)
    start, end = name.start_mark.index, block.end_mark.index
    again = rng.choice([str.upper, str.title, str])(name.value)
    return text + "\n" + again + text[start + len(name.value) : end].rstrip() + "\n"


def cut_short(text: str, rng: random.Random) -> str:
    return text[: rng.randrange(len(text))]


def inserted(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice("\ufeff\x00\x07\x1b\u2028\u0085\t:#'\"{}[]&*!|>%@`,-") + text[at:]


def bytes_of_another_code(text: str, rng: random.Random) -> bytes:
    code = rng.choice(["utf-16", "utf-8-sig", "utf-32", "latin-1"])
    return text.encode("ascii", "replace").decode().encode(code) + rng.choice(
        [b"", b"\xff", b"\xe4"]
    )


def line_ends(text: str, rng: random.Random) -> bytes:
    return text.replace("\n", rng.choice(["\r\n", "\r", "\n\r", "\u2028"])).encode()


def bomb(text: str, rng: random.Random) -> str:
    levels = rng.choice([3, 9, 30])
    lines = ["bomb0: &b0 [x, x, x, x, x, x, x, x, x]"]
    for at in range(1, levels):
        lines.append(f"bomb{at}: &b{at} [{', '.join([f'*b{at - 1}'] * 9)}]")
    return text + "\n".join(lines) + "\n"


def bomb_of_merges(text: str, rng: random.Random) -> str:
    lines = ["m0: &m0 {a: x, b: y}"]
    for at in range(1, rng.choice([3, 12, 40])):
        merged = ", ".join([f"*m{at - 1}"] * 9)
        lines.append(f"m{at}: &m{at} {{<<: [{merged}], c{at}: *m{at - 1}}}")
    return text + "\n".join(lines) + "\n"


def circle(text: str, rng: random.Random) -> str:
    return text + rng.choice(
        ["round: &r [*r]\n", "round: &r {a: *r}\n", "round: &r {<<: *r}\n", "&r a: *r\n"]
    )


def deep(text: str, rng: random.Random) -> str:
    many = rng.choice([50, 2_000, 50_000])
    begun, ended = rng.choice([("[", "]"), ("{a: ", "}")])
    return f"{text}deep: {begun * many}{ended * many}\n"


CHANGES: dict[Change, int] = {
    value: 40, key: 20, key_of_other_case: 4, line_lost: 6, line_twice: 5, lines_swapped: 4,
    indented: 4, block_twice: 3, cut_short: 4, inserted: 8, bytes_of_another_code: 3,
    line_ends: 3, bomb: 2, bomb_of_merges: 2, circle: 2, deep: 2,
}  # fmt: skip
