# Settings and helpers that the rules share. Parsing stays cheap: YAML and schemas only.

import hashlib
import json
import os
import re
import sys
from pathlib import Path
from shlex import quote

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

min_version("9.27")

# The commands of this environment come first, however snakemake itself was started.
os.environ.update(
    PATH=os.pathsep.join([os.path.dirname(sys.executable), *os.get_exec_path()])
)

from trialpool.cache import FOLDER as CACHE
from trialpool.cli.builds.guarding import LISTED
from trialpool.cli.builds.publishing import state_of
from trialpool.files import CHECKSUMS
from trialpool.settings import (
    besides,
    load_settings,
    overview_pages,
    review_folder,
    shards_of,
)
from trialpool.settings.kinds import further_figures
from trialpool.settings.places import PACKAGE, installed_versions, lock_file, place

# As a module of another workflow this one works in the other's folder, and Snakemake puts the
# module's `prefix:` before every path of a rule: it is the folder that the review is looked for in.
IS_MODULE = not workflow.modifier.is_main_snakefile()
PREFIX = workflow.modifier.path_modifier.replace_prefix("")

CONFIG_FILE = os.path.abspath(
    os.path.join(PREFIX, config.get("config_file", "config/config.yaml"))
)
SETTINGS, FAULTS = load_settings(Path(CONFIG_FILE))
if any(fault.file == Path(CONFIG_FILE).name for fault in FAULTS):
    # Without paths nothing can run, not even the audit that names other faults.
    raise WorkflowError("\n".join(str(fault) for fault in FAULTS))
REVIEW = review_folder(Path(CONFIG_FILE)).absolute()
if "config_file" not in config:
    # Jobs read the file: what was set beside it would be lost without a word.
    written = yaml.safe_load(Path(CONFIG_FILE).read_text("utf-8"))
    if ignored := [
        name for name in written if config.get(name, written[name]) != written[name]
    ]:
        raise WorkflowError(
            f"{', '.join(ignored)}: set in {CONFIG_FILE} alone, or name another file"
            " as config_file"
        )
# The review as rules name it: from the folder that jobs run in, or from that of the prefix.
AT = os.path.relpath(REVIEW, os.path.abspath(PREFIX)) if IS_MODULE else "."
if PREFIX and AT.startswith(".."):
    raise WorkflowError(
        f"{CONFIG_FILE} is of the review in {REVIEW}, outside of the prefix {PREFIX}"
    )


if not IS_MODULE:

    # Every path below is relative to the review: elsewhere it would name another review's files.
    workdir: REVIEW

    if not REVIEW.samefile(os.curdir):
        raise WorkflowError(
            f"{CONFIG_FILE} is of the review in {REVIEW}: leave --directory out,"
            " or name this folder"
        )


def at(path):
    """A path of the review, as a rule names it."""
    return os.path.normpath(os.path.join(AT, path))


def here(path):
    """The same path from where jobs run, for parameters: Snakemake prefixes none of these."""
    return os.path.join(PREFIX, path)


CONFIG_FILE = at(os.path.relpath(CONFIG_FILE, REVIEW))

# Its conda environment installs the lock file; without one, jobs run where Snakemake does.
LOCK = lock_file()
ENVIRONMENT = "../../environment.yml" if LOCK else None

RAW = at(SETTINGS.config["paths"]["raw"])
RESULTS = at(SETTINGS.config["paths"]["results"])
STAGING = f"{RESULTS}/staging"
# Steps keep what they make by what it is made of; `trialpool build --no-cache` sets it empty.
os.environ.setdefault(
    CACHE,
    os.path.abspath(here(os.path.join(os.path.dirname(RESULTS), ".trialpool-cache"))),
)
# Steps note the digest of what they write there, and read nothing that is not as it was written.
os.environ[CHECKSUMS] = "\n".join(
    [os.environ.get(CHECKSUMS, ""), os.path.abspath(f"{RESULTS}/{LISTED}")]
)
# What the last rule publishes, each file at its place below RESULTS.
BUILT = f"{STAGING}/built"
MANIFEST = f"{RESULTS}/manifest.json"
LOGS = f"{RESULTS}/logs"
BENCHMARKS = f"{RESULTS}/benchmarks"
QUESTIONS = list(SETTINGS.questions)
CONFIG_FILES = [
    CONFIG_FILE,
    at(SETTINGS.config["paths"]["questions"]),
    at(SETTINGS.config["paths"]["taxonomy"]),
]
# Results of the last release, if the review names them: figures mark what is new since.
RELEASE = [at(path) for path in [SETTINGS.config["paths"].get("release")] if path]
# Curves of predictive densities are computed while they are drawn.
FIGURES_COMPUTE = [
    "pooling"
    for style in [SETTINGS.config.get("figures", {}).get("pi_style")]
    if style in ("shade", "density")
]
# What the rooms of the kinds of question bring for their figures.
ROOMS_FIGURES = (
    *("questions/__init__.py", "questions/registry.py", "questions/*/__init__.py"),
    *("questions/*/figures.py", "questions/*/forest_*.py", "questions/*/*_plot.py"),
)
# Ids of comparisons of earlier builds, if the review names such a file.
RENAMED = [at(path) for path in [SETTINGS.config["paths"].get("renamed")] if path]
# What only people can say of the review; the audit reads its form, the report prints it.
ABOUT = [at(path) for path in [SETTINGS.config["paths"].get("review")] if path]
# Read by the audit alone: a review of a finding draws nothing again.
ACCEPTED_FINDINGS = [
    at(path) for path in [SETTINGS.config["paths"].get("accepted_findings")] if path
]

# Whether the review has judgements of risk of bias, of which each question has a figure.
JUDGED = "risk_of_bias" in SETTINGS.tables

SELECTED = ("input.csv", "excluded.csv", "question.json")
# Stands for these files of all questions together.
ALL_SELECTED = f"{STAGING}/selected.txt"
ENDINGS = ("svg", "pdf", "png", "csv")
POOLED = ("result.json", "multiverse.csv")
# Question -> the one that a further figure draws beside it.
BESIDE = besides(SETTINGS.questions)
OVERVIEW = [
    f"{STAGING}/{name}.{end}"
    for name in overview_pages(QUESTIONS)
    for end in ("svg", "pdf", "csv")
]
SITE = f"{BUILT}/report"
# Records and tables of the whole review.
TABLES = [
    f"{BUILT}/{name}"
    for name in (
        *("effects.csv", "curves.csv", "chapters.json", "not_asked.json"),
        *("comparisons.json", "summaries.json", "changes.json", "verification.csv"),
    )
]
# Other editions, which the site takes in: workbook, document, and what is to print.
EXPORTS = [f"{STAGING}/exports/{name}" for name in ("tables.xlsx", "summary.docx")]
PRINTED = f"{STAGING}/exports/report.pdf"
EDITIONS = [PRINTED, *EXPORTS]
PRODUCTS = (*SELECTED, *POOLED)
FOLDERS = [here(f"{BUILT}/questions/{question}") for question in QUESTIONS]

SHARDS = shards_of(SETTINGS.questions)


def drawn(question):
    """Figures of a question: forest plot, those of its kind, another question beside it, judgements."""
    names = ["forest", *further_figures(SETTINGS.questions[question]["kind"])]
    names += ["beside"] * (question in BESIDE)
    names += ["risk_of_bias"] * JUDGED
    return [f"{name}.{end}" for name in names for end in ENDINGS]


def product(question, name):
    """Path of one file of a question, as it is built."""
    return f"{BUILT}/questions/{question}/{name}"


def in_report(question, name):
    """Path of a file of a question, marked for `snakemake --report` if a reader opens it there."""
    path, (stem, _, ending) = product(question, name), name.rpartition(".")
    if ending not in ("svg", "csv"):
        return path
    kind = SETTINGS.questions[question]["kind"]
    category, of = {
        "forest": ("Forest plots", kind),
        "multiverse": ("Every defensible pool", kind),
    }.get(stem, ("Further figures", stem))
    return report(
        path,
        caption=f"../report/{stem}.rst",
        category=category,
        subcategory=re.sub("[_-]", " ", of).capitalize(),
        labels={
            "question": SETTINGS.questions[question]["title"],
            "as": "figure" if ending == "svg" else "table",
        },
    )


def in_overview(path):
    """Path of a file of the overview, marked for `snakemake --report` if a reader opens it there."""
    stem, _, ending = os.path.basename(path).rpartition(".")
    if ending == "pdf":
        return path
    number = stem.partition("-")[2]
    return report(
        path,
        caption="../report/overview.rst",
        category="Overview",
        labels={
            "of": "all questions" + (f", {number}" if number else ""),
            "as": "figure" if ending == "svg" else "table",
        },
    )


def products(shard, *names):
    """Paths of these files for every question of a shard."""
    return [product(question, name) for question in SHARDS[shard] for name in names]


def shown(shard):
    """Questions of a shard, and those that its figures draw beside them."""
    beside = [BESIDE[q] for q in SHARDS[shard] if q in BESIDE]
    return list(dict.fromkeys([*SHARDS[shard], *beside]))


def pairs(shard):
    """Questions of a shard with the one beside each, as the step takes them."""
    return [f"--beside {q}={BESIDE[q]}" for q in SHARDS[shard] if q in BESIDE]


def folders(shard):
    """Folders of the questions of a shard."""
    return [here(f"{BUILT}/questions/{question}") for question in SHARDS[shard]]


def existing(paths):
    """Only the files that are there: a missing one is for the audit to name, not for Snakemake."""
    return [path for path in paths if os.path.exists(here(path))]


def found(folder, *patterns):
    """Files in a folder of the review, as a rule names them."""
    files = [file for pattern in patterns for file in Path(here(folder)).glob(pattern)]
    return sorted(os.path.relpath(file, PREFIX or os.curdir) for file in files)


def digest(paths):
    """Digest of the contents of these files, as a parameter of the rules that read them.

    A file may change and be older than the results: Snakemake looks only at inputs that are newer.
    """
    found = hashlib.sha256()
    for path in sorted(set(paths)):
        file = Path(here(path))
        content = file.read_bytes() if file.is_file() else b""
        found.update(f"{path} {len(content)} ".encode() + content)
    return found.hexdigest()


def read_by(*further):
    """Digest of the raw tables and the configuration, and of what else a rule reads."""
    return digest([*raw_files(), *existing([*CONFIG_FILES, *further])])


def raw_files():
    """The raw tables that are there."""
    tables = existing(f"{RAW}/{table}.csv" for table in SETTINGS.tables)
    if "curve_arms" in SETTINGS.tables:
        tables += found(f"{RAW}/curves", "*.csv")
    return tables


def released(shard):
    """What the last release holds of the questions that the figures of a shard show."""
    places = [
        path
        for release in RELEASE
        for question in shown(shard)
        for path in (
            f"{release}/questions/{question}/result.json",
            f"{release}/{question}.json",
        )
    ]
    return existing(places)


def selected(shard):
    """Input function: the shard's selection, asked for only when the checkpoint has run."""

    def files(wildcards):
        checkpoints.selected.get()
        return products(shard, *SELECTED)

    return files


def results_shown(shard):
    """Input function: the shard's results, and those that its figures draw beside them."""

    def files(wildcards):
        checkpoints.selected.get()
        return [product(question, "result.json") for question in shown(shard)]

    return files


def derived(wildcards):
    """The table of derived effects, behind the checkpoint that writes it."""
    checkpoints.selected.get()
    return f"{BUILT}/effects.csv"


def all_pooled(wildcards):
    """The results of all questions, behind the checkpoint."""
    checkpoints.selected.get()
    return [product(question, "result.json") for question in QUESTIONS]


def reported(wildcards):
    """All results, tables and figures that pages show or offer, behind the checkpoint."""
    checkpoints.selected.get()
    return [
        product(q, name)
        for q in QUESTIONS
        for name in (*PRODUCTS, *(f for f in drawn(q) if not f.endswith(".png")))
    ]


def all_built(wildcards):
    """Everything that is published, behind the checkpoint."""
    checkpoints.selected.get()
    files = [product(q, name) for q in QUESTIONS for name in (*PRODUCTS, *drawn(q))]
    return [*files, *TABLES, SITE]


def release_files():
    """What is compared with of the last release: its records and rows, or its baselines."""
    names = ("questions/*/result.json", "effects.csv", "*.json")
    return [file for release in RELEASE for file in found(release, *names)]


def exported(wildcards):
    """All results and their forest plots as pictures, behind the checkpoint."""
    checkpoints.selected.get()
    return [
        product(q, name) for q in QUESTIONS for name in ("result.json", "forest.png")
    ]


include: "code.smk"


# Every product is named: Snakemake does not build one again that is missing while what follows from
# it is there.
ALL = [
    MANIFEST,
    f"{RESULTS}/audit.csv",
    *TABLES,
    SITE,
    *OVERVIEW,
    ALL_SELECTED,
    *(product(q, name) for q in QUESTIONS for name in (*PRODUCTS, *drawn(q))),
]
