"""Reading config/*.yaml, with every fault as a finding."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from trialpool.findings import Finding
from trialpool.measures import Endpoint, endpoints_of
from trialpool.settings.documents import Document, read_document
from trialpool.settings.inheritance import Origins
from trialpool.settings.paths import path_faults
from trialpool.settings.questions import load_questions
from trialpool.settings.schemas import schema_findings

Settings_ = Mapping[str, Any]
Q = TypeVar("Q")
# Questions on a page of the overview.
_ON_A_PAGE: Final = 100
# So many questions that name no shard have one each; more share shards of about so many.
OWN_SHARDS: Final = 32
IN_SHARD: Final = 16


@dataclass(frozen=True)
class Settings:
    """The settings of one review.

    Attributes
    ----------
    root : Path
        Folder that the paths in the configuration are relative to.
    config_file : Path
        The main configuration file.
    config, questions, taxonomy : mapping
        Contents of the three files; empty where a file could not be used. Questions hold what
        they take over from others and the defaults of their kind.
    origins : Origins
        Where each setting of each question was written.
    written : tuple of Document
        The main file and the taxonomy, with their lines.
    """

    root: Path
    config_file: Path
    config: Settings_ = field(default_factory=dict)
    questions: Mapping[str, Settings_] = field(default_factory=dict)
    taxonomy: Settings_ = field(default_factory=dict)
    origins: Origins = field(default_factory=Origins)
    written: tuple[Document, ...] = ()

    def located(self, finding: Finding) -> Finding:
        """Say of a finding about a setting of the main file or the taxonomy where it stands."""
        for document in self.written:
            if finding.line is None and finding.file == document.file:
                return replace(finding, line=document.line(finding.column))
        return finding

    def path(self, name: str) -> Path:
        """Return one of the configured paths."""
        return self.root / str(self.config["paths"][name])

    @property
    def file_names(self) -> dict[str, str]:
        """Names of the three files, as findings give them."""
        paths = self.config.get("paths", {})
        return {
            "config": self.config_file.name,
            "questions": Path(paths.get("questions", "questions.yaml")).name,
            "taxonomy": Path(paths.get("taxonomy", "taxonomy.yaml")).name,
        }

    @property
    def tables(self) -> list[str]:
        """Names of the raw tables that must exist."""
        return [str(name) for name in self.config["tables"]]

    @property
    def endpoints(self) -> dict[str, Endpoint]:
        """Endpoints that the configuration declares, by code in its order."""
        return endpoints_of(self.config)


def shards_of(questions: Settings_) -> dict[str, list[str]]:
    """Return the questions of each shard, which run in one job.

    What names no shard has one of its own, and where more than `OWN_SHARDS` name none, shares one
    with about `IN_SHARD` others: those whose ids have digests that begin alike. So a new question
    changes one shard, until their number doubles; then each is split in two.
    """
    named = {
        question: settings.get("shard") if isinstance(settings, Mapping) else None
        for question, settings in questions.items()
    }
    without = sum(not shard for shard in named.values())
    bits = math.ceil(math.log2(without / IN_SHARD)) if without > OWN_SHARDS else None
    found: dict[str, list[str]] = {}
    for question, shard in named.items():
        name = str(shard) if shard else question.replace("-", "_")
        if not shard and bits is not None:
            digest = int.from_bytes(hashlib.sha256(question.encode("utf-8")).digest(), "big")
            name = f"auto_{digest >> (256 - bits):0{math.ceil(bits / 4)}x}"
        found.setdefault(name, []).append(question)
    return found


def besides(questions: Settings_) -> dict[str, str]:
    """Return the question that a further figure draws beside each one that names another.

    What names no question is left to the audit.
    """
    named = {
        question: settings.get("beside")
        for question, settings in questions.items()
        if isinstance(settings, Mapping)
    }
    return {
        one: other
        for one, other in named.items()
        if isinstance(other, str) and other != one and other in questions
    }


def overview_pages(questions: Sequence[Q]) -> dict[str, Sequence[Q]]:
    """Share questions out among the pages of the overview, in their order: name of each -> its own.

    A figure of a thousand questions would be five metres long.
    """
    starts = range(0, max(len(questions), 1), _ON_A_PAGE)
    return {
        "overview" + (f"-{number}" if number > 1 else ""): questions[start : start + _ON_A_PAGE]
        for number, start in enumerate(starts, 1)
    }


def review_folder(config_file: Path) -> Path:
    """Return the folder that a review's paths are relative to.

    The parent where the configuration file lies in a folder named `config`, else the
    file's own folder; relative where it is the current folder or below it.
    """
    here = Path.cwd()
    own = Path(os.path.normpath(here / config_file)).parent
    folder = own.parent if own.name == "config" else own
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def load_settings(
    config_file: Path, root: Path | None = None, *, checked: bool = True
) -> tuple[Settings, list[Finding]]:
    """Read config.yaml and the two files that it names.

    Parameters
    ----------
    config_file : Path
        The main configuration file.
    root : Path, optional
        Folder that its paths are relative to; by default its `review_folder`.
    checked : bool
        Whether to hold the files against their schemas, which takes longer than to read them;
        False where the audit has let them pass.

    Returns
    -------
    Settings, list of Finding
        The settings as far as they could be read, and the faults of their form.
        A fatal finding about config.yaml itself leaves the other two unread.
    """
    root = root if root is not None else review_folder(config_file)
    document, findings = read_document(config_file)
    if checked:
        findings = findings or schema_findings(document, "config") or [*path_faults(document, root)]
    config = document.content
    if findings:
        return Settings(root, config_file, config), findings
    questions, origins, faults = load_questions(
        root / config["paths"]["questions"], checked=checked
    )
    findings.extend(faults)
    named, faults = read_document(root / config["paths"]["taxonomy"])
    findings.extend(faults or (schema_findings(named, "taxonomy") if checked else ()))
    taxonomy = _without_empty(named.content)
    written = (document, named)
    return Settings(root, config_file, config, questions, taxonomy, origins, written), findings


def _without_empty(taxonomy: Settings_) -> dict[str, Any]:
    """Return the taxonomy without the blocks, and the markers' spellings, that hold nothing."""
    kept = {name: block for name, block in taxonomy.items() if block is not None}
    spellings = kept.get("level_aliases")
    if isinstance(spellings, Mapping):
        kept["level_aliases"] = {m: levels for m, levels in spellings.items() if levels is not None}
    return kept


def load_renamed(settings: Settings) -> tuple[Mapping[str, str], list[Finding]]:
    """Read the ids of comparisons of earlier builds, each with the one that took its place.

    Returns
    -------
    mapping, list of Finding
        Empty where the review names no such file; its faults.
    """
    if "renamed" not in settings.config.get("paths", {}):
        return {}, []
    return load_yaml(settings.path("renamed"), "renamed")


def load_yaml(path: Path, schema_name: str) -> tuple[dict[str, Any], list[Finding]]:
    """Read one YAML file and check it against its schema: contents and faults."""
    document, findings = read_document(path)
    return document.content, findings or schema_findings(document, schema_name)


def load_about(settings: Settings) -> tuple[dict[str, Any], list[Finding]]:
    """Read what only people can say of a review, if the configuration names such a file.

    Returns
    -------
    dict, list of Finding
        ``paths.review`` of config.yaml (search, registration, funding and so on), and its faults.
    """
    name = settings.config.get("paths", {}).get("review")
    return load_yaml(settings.root / str(name), "review") if name else ({}, [])
