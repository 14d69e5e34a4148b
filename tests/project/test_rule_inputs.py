"""Snakemake does not see imported modules: a rule has a digest of those that its command loads."""

import json
import subprocess
import sys
from pathlib import Path

from test_architecture import HEAVY, PACKAGE, ROOT, loaded_by

# Every job pays for its imports: only checking cells and drawing may load much.
MAY_LOAD = {
    "figures_death": {"matplotlib"},
    "overview": {"matplotlib"},
    "printed": {"matplotlib"},
    "verify": {"pandas", "scipy.stats", "statsmodels"},
}
COMMANDS = {
    "effects": ["effects", "--output", "{out}/effects.csv"],
    "audit": ["audit", "--output", "{out}/audit.csv"],
    "gate": ["gate", "{out}/audit.csv", "--output", "{out}/gate.json"],
    "select": ["select", "--effects", "{out}/effects.csv", "--findings", "{out}/audit.csv"],
    "pool_death": ["pool", "results/questions/cardiovascular-death"],
    "figures_death": ["figures", "results/questions/cardiovascular-death"],
    "overview": [
        *["overview", "results/questions/cardiovascular-death"],
        *["--output", "{out}/overview.svg"],
    ],
    "verify": [
        *["verify", "results/questions/cardiovascular-death"],
        *["--output", "{out}/verification.csv"],
    ],
    "comparisons": [
        *["comparisons", "results/questions/cardiovascular-death"],
        *["--output", "{out}/comparisons.json", "--summaries", "{out}/summaries.json"],
    ],
    "changes": [
        *["changes", "results/questions/cardiovascular-death", "--effects", "results/effects.csv"],
        *["--comparisons", "{out}/comparisons.json", "--output", "{out}/changes.json"],
    ],
    "exports": [
        *["exports", "results/questions/cardiovascular-death"],
        *["--summaries", "{out}/summaries.json", "--output", "{out}/exports"],
    ],
    "chapters": [
        *["chapters", "results/questions/cardiovascular-death"],
        *["--effects", "results/effects.csv", "--output", "{out}/chapters.json"],
    ],
    "report": [
        *["report", "results/questions/cardiovascular-death", "--findings", "{out}/audit.csv"],
        *["--chapters", "{out}/chapters.json"],
        *["--verification", "{out}/verification.csv"],
        *["--comparisons", "{out}/comparisons.json"],
        *["--effects", "results/effects.csv", "--output", "{out}/report"],
    ],
    "printed": [
        *["printed", "results/questions/cardiovascular-death", "--findings", "{out}/audit.csv"],
        *["--comparisons", "{out}/comparisons.json", "--summaries", "{out}/summaries.json"],
        *["--effects", "results/effects.csv", "--output", "{out}/report.pdf"],
    ],
    "publish": [
        *["publish", "{out}/report", "{out}/results"],
        *["--record", "{out}/published.json", "--output", "{out}/manifest.json"],
    ],
}


def files_of_rules(folder: Path) -> dict[str, set[str]]:
    """Files of the package of which each rule has a digest as its parameter."""
    script = f"""
import json
from pathlib import Path
from snakemake.api import SnakemakeApi
from snakemake.settings.types import ResourceSettings, OutputSettings
with SnakemakeApi(OutputSettings(quiet={{"all"}})) as api:
    flow = api.workflow(
        resource_settings=ResourceSettings(cores=1),
        snakefile=Path({str(ROOT / "Snakefile")!r}),
        workdir=Path({str(folder)!r}),
    )
    flow.dag()
    files = flow._workflow.globals["CODE_FILES"]
    rules = {{
        rule.name: [str(file) for file in files[rule.params.code]]
        for rule in flow._workflow.rules
        if hasattr(rule.params, "code")
    }}
print(json.dumps(rules))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=folder
    )
    rules = json.loads(done.stdout.splitlines()[-1])
    return {
        name: {str(Path(file).resolve().relative_to(PACKAGE)) for file in files}
        for name, files in rules.items()
    }


# Libraries that most commands load, and none of the heavy ones.
SHARED = "jinja2, jsonschema, lxml.etree, msgspec, numpy, scipy.linalg, scipy.optimize, typer, yaml"
RUN_EACH = f"""
import json, os, sys, traceback
import {SHARED}
heavy = set({sorted(HEAVY)!r})
assert not [name for name in sys.modules if name.split(".")[0] == "trialpool" or name in heavy]
loaded = {{}}
for rule, arguments in json.loads(sys.argv[1]).items():
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            sys.argv = ["trialpool", "step", *arguments]
            from trialpool.cli.main import app
            app(standalone_mode=False)
            own = [m for n, m in sys.modules.items() if n.split(".")[0] == "trialpool"]
            files = [m.__file__ for m in own if getattr(m, "__file__", None)]
            with open(writer, "w") as stream:
                json.dump([files, sorted(heavy & set(sys.modules))], stream)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(status)
    os.close(writer)
    with open(reader) as stream:
        told = stream.read()
    assert os.waitpid(child, 0)[1] == 0, rule
    loaded[rule] = json.loads(told)
print(json.dumps(loaded))
"""


def loaded_by_each_command(folder: Path) -> dict[str, tuple[list[str], list[str]]]:
    """Files of the package, and heavy libraries, that each command loads.

    One process forks for each of them: all but the package and what is heavy is loaded once.
    """
    commands = {
        rule: [part.format(out="results/staging") for part in command]
        for rule, command in COMMANDS.items()
    }
    done = subprocess.run(
        [sys.executable, "-c", RUN_EACH, json.dumps(commands)],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, tuple[list[str], list[str]]] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_rules_name_every_module_that_their_command_loads(review):
    """Snakemake does not see imported modules: a parameter of the rule is their digest."""
    listed = files_of_rules(review)
    for rule, (files, heavy) in loaded_by_each_command(review).items():
        loaded = {str(Path(file).resolve().relative_to(PACKAGE)) for file in files}
        assert loaded, rule
        assert loaded <= listed[rule], rule
        assert set(heavy) <= MAY_LOAD.get(rule, set()), rule
    # The review asks questions of one kind; its rules must serve every kind.
    every = (
        "from trialpool.questions.registry import KINDS, stage; [stage(k, 'pool') for k in KINDS]"
    )
    rooms = {name for name in loaded_by(every) if name.startswith("trialpool.questions.")}
    files = {name.removeprefix("trialpool.").replace(".", "/") for name in rooms}
    assert files <= {f.removesuffix(".py").removesuffix("/__init__") for f in listed["pool_death"]}
