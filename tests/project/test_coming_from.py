"""docs/how-to/coming-from.md: every line of ours runs, and gives the numbers of theirs.

Numbers: tests/reference/coming_from.json (metafor 3.8-1, by coming_from.R beside it), meta 8.3-0
and netmeta 3.6 as in tests/pooling/test_meta_reference.py and test_network.py.
"""

from __future__ import annotations

import ast
import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from trialpool.cli.main import app

pytestmark = pytest.mark.docs
ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "tests/reference"
PAGE = (ROOT / "docs/how-to/coming-from.md").read_text(encoding="utf-8")
METAFOR = json.loads((REFERENCE / "coming_from.json").read_text(encoding="utf-8"))
SETS = ("bcg", "pritz1997", "nielweise2008", "normand1999", "molloy2014", "konstantopoulos2011")
# meta's columns of the tables in tests/reference/meta.
AS_META = {
    "arms": ("metabin", "studlab,event.e,n.e,event.c,n.c"),
    "means": ("metacont", "studlab,n.e,mean.e,sd.e,n.c,mean.c,sd.c"),
    "proportions": ("metaprop", "studlab,event,n"),
    "rates": ("metarate", "studlab,event,time"),
    "person-time": ("metainc", "studlab,event.e,time.e,event.c,time.c"),
    "correlations": ("metacor", "studlab,cor,n"),
    "single-means": ("metamean", "studlab,mean,sd,n"),
    "ratios": ("metagen", "studlab,TE,seTE,group,x,cluster"),
}
JUDGED = "Study,D1,D2,D3,D4,D5,Overall\n" + "".join(
    f"{name},Low,Low,Some concerns,Low,High,High\n" for name in ("Alder", "Birch")
)


def rows() -> list[tuple[str, list[str]]]:
    """Each line of the tables: theirs, and ours."""
    found = []
    for line in PAGE.splitlines():
        if line.startswith("| ") and not line.startswith("|---"):
            cells = [c.strip().replace(r"\|", "|") for c in re.split(r"(?<!\\)\|", line)[1:-1]]
            theirs = re.fullmatch(r"`(.*)`", cells[0])
            ours = [code for cell in cells[1:] for code in re.findall(r"`([^`]+)`", cell)]
            name = cells[0] if theirs is None else theirs[1]
            found.append(
                (name, [code for code in ours if " " in code or "(" in code or "." in code])
            )
    return found


LINES = dict(rows())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files that the page names."""
    place = tmp_path_factory.mktemp("coming")
    for name in SETS:
        text = (REFERENCE / f"metadat/dat.{name}.csv").read_text(encoding="utf-8")
        (place / f"{name}.csv").write_text(text, encoding="utf-8")
    for name, (kind, header) in AS_META.items():
        _, _, body = (REFERENCE / f"meta/{kind}.csv").read_text(encoding="utf-8").partition("\n")
        (place / f"{name}.csv").write_text(f"{header}\n{body}", encoding="utf-8")
    smoking = (REFERENCE / "network_tables/netmeta-smoking.csv").read_text(encoding="utf-8")
    (place / "smoking.csv").write_text(smoking, encoding="utf-8")
    (place / "judged.csv").write_text(JUDGED, encoding="utf-8")
    review = (ROOT / "tests/intake/fixtures/t-dm1-review.rm5").read_bytes()
    (place / "review.rm5").write_bytes(review)
    return place


@pytest.fixture(scope="module")
def space(folder):
    """What the Python blocks of the page leave behind."""
    names: dict = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
            exec(compile(block, "docs/how-to/coming-from.md", "exec"), names)
    return names


@pytest.fixture
def run(folder, space, monkeypatch):
    """Run one of our lines: a command gives its JSON where it has one, Python its value."""
    monkeypatch.chdir(folder)

    def call(code: str):
        if not code.startswith("trialpool "):
            return eval(
                compile(ast.parse(code, mode="eval"), "docs/how-to/coming-from.md", "eval"), space
            )
        words = shlex.split(code)[1:]
        plain = words[0] in ("pool", "network")
        done = CliRunner().invoke(app, [*words, *(["--json"] if plain else [])])
        assert done.exit_code == 0, (code, done.output, done.exception)
        if "-o" in words:
            drawn = Path(words[words.index("-o") + 1])
            assert drawn.read_bytes().startswith(b"<"), code
            drawn.unlink()
        return json.loads(done.stdout) if plain else done.stdout

    return call


# Lines that need no other: what was asked of them is in their neighbours.
SAID = ("with `", "in every", "not needed", "by `--measure", "a table with")


@pytest.mark.parametrize("theirs", LINES, ids=range(len(LINES)))
def test_every_line_of_ours_runs(theirs, run):
    ours = LINES[theirs]
    for code in ours:
        if code.startswith(("trialpool ", "tp.", "net.", "(res.")):
            assert run(code) is not None
        else:
            assert code.startswith("--"), code


def test_there_are_forty_and_each_has_a_counterpart():
    counted = [theirs for theirs, ours in LINES.items() if any("trialpool " in c for c in ours)]
    assert len(counted) >= 40
    for line in PAGE.splitlines():
        if line.startswith("| ") and "trialpool " not in line and "| here |" not in line:
            assert any(words in line for words in SAID) or "| command |" in line, line


# ---- numbers --------------------------------------------------------------------------------


def pooled(found, *more: str) -> list:
    return [found[key] for key in ("estimate", "se", "ci_lower", "ci_upper", *more)]


def column(found, *names: str) -> np.ndarray:
    return np.array([[row[name] for row in found] for name in names])


def regression(found) -> list:
    fit = found["regression"]
    return [
        *(c["estimate"] for c in fit["coefficients"]), *(c["se"] for c in fit["coefficients"]),
        fit["tau2"], fit["r2"], fit["qe"],
    ]  # fmt: skip


def multilevel(found) -> list:
    fit = found["multilevel"]
    (mean,) = fit["coefficients"]
    return [*pooled(mean), *(part["variance"] for part in fit["components"])]


def mantel_haenszel(found) -> list:
    tests = found["tests"]
    return [
        *pooled(found),
        tests["cochran-mantel-haenszel"]["value"],
        tests["breslow-day"]["value"],
    ]


# metafor's line, which of ours (0 the command, -1 Python), and its numbers in metafor's order.
READ = {
    "dat <- escalc": (-1, lambda e: [*e.yi, *e.vi]),
    "res <- rma": (0, lambda f: pooled(f, "tau2", "i2", "q")),
    '"knha")': (0, lambda f: pooled(f, "tau2")),
    '"adhoc")': (0, lambda f: pooled(f, "tau2")),
    '"EE")': (0, lambda f: pooled(f, "q")),
    '"DL")': (0, lambda f: pooled(f, "tau2")),
    '"PM")': (0, lambda f: pooled(f, "tau2")),
    "level = 90": (0, pooled),
    "predict(res)": (-1, list),
    "confint(res)": (-1, list),
    "mods = ~ ablat": (0, regression),
    "leave1out": (0, lambda f: column(f["leave_one_out"], "estimate", "tau2").ravel()),
    "cumul(": (0, lambda f: column(f["cumulative"][-1:], "estimate", "ci_lower", "ci_upper")[:, 0]),
    "regtest(res)": (-1, lambda t: [t.statistic, t.p_value]),
    'model = "lm"': (-1, lambda t: [t.statistic, t.p_value]),
    "ranktest": (-1, lambda t: [t.tau, t.p_value]),
    "trimfill": (-1, lambda t: [t.k0, t.pooled.estimate]),
    "influence": (0, lambda f: column(f["influence"], "rstudent", "cook_d", "hat").ravel()),
    "baujat": (-1, lambda b: [*b.x, *b.y]),
    "rma.mh": (0, mantel_haenszel),
    "rma.peto": (0, lambda f: pooled(f, "q")),
    '"PLO"': (0, lambda f: pooled(f, "tau2")),
    '"IRR"': (0, lambda f: pooled(f, "tau2")),
    '"MD"': (0, lambda f: pooled(f, "tau2")),
    '"ZCOR"': (0, lambda f: pooled(f, "tau2")),
    "rma.mv": (0, multilevel),
}  # fmt: skip


def test_metafor_is_read_as_the_page_has_it():
    assert set(METAFOR) <= set(LINES)
    script = (REFERENCE / "coming_from.R").read_text(encoding="utf-8")
    assert script.count("c(") > len(METAFOR) >= 25
    assert all(sum(key in theirs for key in READ) == 1 for theirs in METAFOR)


@pytest.mark.parametrize("theirs", METAFOR, ids=range(len(METAFOR)))
def test_the_numbers_are_those_of_metafor(theirs, run):
    (key,) = (key for key in READ if key in theirs)
    which, numbers = READ[key]
    ours = [code for code in LINES[theirs] if not code.startswith("--")]
    assert np.array(numbers(run(ours[which])), float) == pytest.approx(
        np.array(METAFOR[theirs]), rel=1e-6, abs=1e-9
    )


# Result of tests/reference/meta, and whether meta's random or common effect stands beside ours.
META = {
    "MH.exact": ("metabin", 3, "common"),
    'sm = "OR", method = "Inverse")': ("metabin", 6, "random"),
    'method = "Peto")': ("metabin", 5, "common"),
    'model.glmm = "UM.FS")': ("metabin", 15, "random"),
    'sd.c, sm = "MD")': ("metacont", 0, "random"),
    'method.random.ci = "HK")': ("metacont", 7, "random"),
    'sm = "PLOGIT", method = "Inverse")': ("metaprop", 0, "random"),
    'sm = "PLOGIT", method = "GLMM")': ("metaprop", 5, "random"),
    "metarate": ("metarate", 0, "random"),
    "metainc": ("metainc", 0, "common"),
    "metacor": ("metacor", 0, "random"),
    "metamean": ("metamean", 0, "random"),
    "metagen": ("metagen", 0, "random"),
}


@pytest.mark.parametrize("key", META)
def test_the_numbers_are_those_of_meta(key, run):
    kind, index, model = META[key]
    (theirs,) = (line for line in LINES if line.startswith(kind) and key in line)
    path = REFERENCE / f"meta/meta_{kind}.json"
    want = json.loads(path.read_text(encoding="utf-8"))["results"][index]["result"]
    found = run(LINES[theirs][0])
    names = {"estimate": "TE", "ci_lower": "lower", "ci_upper": "upper"}
    for name, column_ in names.items():
        # meta's mixed models come from an optimiser that stops earlier.
        tolerance = 2e-4 if "GLMM" in theirs else 1e-6
        assert found[name] == pytest.approx(want[f"{column_}.{model}"], rel=tolerance), name


def test_the_network_is_that_of_netmeta(run):
    want = json.loads((REFERENCE / "netmeta.json").read_text(encoding="utf-8"))
    want = want["smokingcessation_REML"]
    found, league = run(LINES['netmeta(p, method.tau = "REML")'][0]), run("net.league()")
    assert found["tau2"] == pytest.approx(want["tau2"], rel=1e-4)
    # The same trials under the letters of the stored table.
    names = ["no_contact", "self_help", "ind_counseling", "grp_counseling"]
    assert want["treatments"] == list("ABCD")
    for i, a in enumerate(names):
        for j, b in enumerate(names):
            cell = found["league"][a][b]
            assert cell["estimate"] == pytest.approx(want["te_random"][i][j], abs=1e-5)
            assert cell["se"] == pytest.approx(want["se_random"][i][j], abs=1e-5)
            assert league[a][b].estimate == pytest.approx(cell["estimate"])
