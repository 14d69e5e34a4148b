"""Snakemake does not see imported modules: a rule has a digest of those that its command loads."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from built_reviews import ROOT, Review
from loaded_modules import HEAVY, loaded_by

PACKAGE = ROOT / "workflow" / "trialpool"
pytestmark = pytest.mark.pipeline

# Every job pays for its imports: only checking cells and drawing may load much.
MAY_LOAD = {
    "figures": {"matplotlib"},
    "overview": {"matplotlib"},
    "printed": {"matplotlib"},
    "verify": {"pandas", "scipy.stats", "statsmodels"},
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


def loaded_by_steps(notes: Path) -> dict[str, list[dict[str, str]]]:
    """Modules, with their files, that each step of a build had loaded when it ended."""
    steps: dict[str, list[dict[str, str]]] = {}
    for file in notes.iterdir():
        steps.setdefault(file.name.split("-")[0], []).append(json.loads(file.read_text("utf-8")))
    return steps


def test_rules_name_every_module_that_their_command_loads(built: Review, first_build: Path) -> None:
    """Snakemake does not see imported modules: a parameter of the rule is their digest."""
    listed = files_of_rules(built.folder)
    steps = loaded_by_steps(first_build.with_name("loaded"))
    seen = set()
    for step, runs in steps.items():
        rules = {rule for rule in listed if rule == step or rule.startswith(f"{step}_")}
        assert rules, step
        seen |= rules
        for modules in runs:
            own = {file for name, file in modules.items() if name.split(".")[0] == "trialpool"}
            loaded = {str(Path(file).resolve().relative_to(PACKAGE)) for file in own if file}
            assert "cli/builds/step_commands.py" in loaded, step
            assert HEAVY & set(modules) <= MAY_LOAD.get(step, set()), step
            for rule in rules:
                assert loaded <= listed[rule], rule
    assert seen == set(listed)
    # The review asks questions of one kind; its rules must serve every kind.
    every = (
        "from trialpool.questions.registry import KINDS, stage; [stage(k, 'pool') for k in KINDS]"
    )
    rooms = {name for name in loaded_by(every) if name.startswith("trialpool.questions.")}
    files = {name.removeprefix("trialpool.").replace(".", "/") for name in rooms}
    assert files <= {f.removesuffix(".py").removesuffix("/__init__") for f in listed["pool_death"]}
