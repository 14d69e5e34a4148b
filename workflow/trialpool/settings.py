"""Reading config/*.yaml, with every fault as a finding."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trialpool.findings import Finding
from trialpool.measures import ENDPOINTS, Endpoint

Settings_ = Mapping[str, Any]
_PACKAGE = Path(__file__).resolve().parent


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
        Contents of the three files; empty where a file could not be used.
    """

    root: Path
    config_file: Path
    config: Settings_ = field(default_factory=dict)
    questions: Mapping[str, Settings_] = field(default_factory=dict)
    taxonomy: Settings_ = field(default_factory=dict)

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
        """Endpoints that trialpool knows and those that the configuration adds."""
        added = {
            code: Endpoint(code, str(entry["name"]), bool(entry["event_is_good"]))
            for code, entry in self.config.get("endpoints", {}).items()
        }
        return {**ENDPOINTS, **added}


def shard_of(question_id: str, question: Settings_) -> str:
    """Return the shard of a question; by default a shard of its own."""
    shard = question.get("shard") if isinstance(question, Mapping) else None
    return str(shard) if shard else question_id.replace("-", "_")


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
        one: other for one, other in named.items() if other in [q for q in questions if q != one]
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


def load_settings(config_file: Path, root: Path | None = None) -> tuple[Settings, list[Finding]]:
    """Read config.yaml and the two files that it names.

    Parameters
    ----------
    config_file : Path
        The main configuration file.
    root : Path, optional
        Folder that its paths are relative to; by default its `review_folder`.

    Returns
    -------
    Settings, list of Finding
        The settings as far as they could be read, and the faults of their form.
        A fatal finding about config.yaml itself leaves the other two unread.
    """
    root = root if root is not None else review_folder(config_file)
    config, findings = load_yaml(config_file, "config")
    if findings:
        return Settings(root, config_file, config), findings
    questions, faults = load_yaml(root / config["paths"]["questions"], "questions")
    findings.extend(faults)
    taxonomy, faults = load_yaml(root / config["paths"]["taxonomy"], "taxonomy")
    findings.extend(faults)
    return Settings(root, config_file, config, questions, taxonomy), findings


def load_yaml(path: Path, schema_name: str) -> tuple[dict[str, Any], list[Finding]]:
    """Read one YAML file and check it against its schema: contents and faults."""
    file = path.name

    def fault(rule: str, message: str, remedy: str, **place: Any) -> list[Finding]:
        return [Finding("fatal", rule, file, message=message, remedy=remedy, **place)]

    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}, fault("file-exists", f"the file is missing ({path})", "Put it back.")
    except (OSError, UnicodeDecodeError) as error:
        message = f"the file cannot be read as UTF-8 text: {error}"
        return {}, fault("file-readable", message, "Save it as UTF-8 text.")
    content, findings = _parse_yaml(text, file)
    if findings:
        return {}, findings
    if not isinstance(content, dict):
        return {}, fault(
            "yaml-mapping", "the file must hold 'key: value' pairs", "See config/README.md."
        )
    return content, _schema_findings(content, schema_name, file)


def _parse_yaml(text: str, file: str) -> tuple[Any, list[Finding]]:
    """Parse YAML; a key that stands twice is a fault, not a silent overwrite."""
    import yaml

    findings: list[Finding] = []

    class Loader(yaml.SafeLoader):
        """SafeLoader that reports duplicate keys."""

    def mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(key_node.value)
            if key in seen:
                findings.append(
                    Finding(
                        "fatal",
                        "yaml-key-once",
                        file,
                        key_node.start_mark.line + 1,
                        column=key,
                        message=f"the key {key!r} stands twice in one block",
                        remedy="Keep one of the two.",
                    )
                )
            seen.add(key)
        loader.flatten_mapping(node)
        return dict(loader.construct_pairs(node, deep=True))

    Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    try:
        # The loader derives from SafeLoader: it builds plain values only.
        content = yaml.load(text, Loader=Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "not well-formed"
        line = mark.line + 1 if mark is not None else None
        message = f"not valid YAML: {problem}"
        remedy = "Check indentation, colons and quotes there."
        return None, [Finding("fatal", "yaml", file, line, message=message, remedy=remedy)]
    return content, findings


def schema_path(name: str) -> Path:
    """Return a configuration schema: inside the installed package, or beside it in a checkout."""
    inside = _PACKAGE / "schemas" / f"{name}.schema.yaml"
    return inside if inside.exists() else _PACKAGE.parent / "schemas" / f"{name}.schema.yaml"


def _schema_findings(content: dict[str, Any], schema_name: str, file: str) -> list[Finding]:
    """Check against workflow/schemas; each violation is one finding."""
    import jsonschema
    import yaml

    schema = yaml.safe_load(schema_path(schema_name).read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    findings = []
    for error in sorted(validator.iter_errors(content), key=lambda e: [str(p) for p in e.path]):
        place = ".".join(str(part) for part in error.absolute_path)
        value = "" if isinstance(error.instance, dict | list) else str(error.instance)
        findings.append(
            Finding(
                "fatal",
                f"config-{error.validator}",
                file,
                column=place,
                value=value,
                message=_in_words(error),
                remedy=f"Allowed settings: workflow/schemas/{schema_name}.schema.yaml.",
            )
        )
    return findings


def _in_words(error: Any) -> str:
    """Say a schema violation in words where the library's own message is for programmers."""
    if error.validator == "additionalProperties":
        known = set(error.schema.get("properties", {}))
        unknown = sorted(str(key) for key in error.instance if key not in known)
        return f"unknown setting {', '.join(map(repr, unknown))}; known: {', '.join(sorted(known))}"
    if error.validator == "enum":
        allowed = ", ".join("null" if v is None else repr(v) for v in error.validator_value)
        return f"must be one of {allowed}"
    if error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        return f"the setting {', '.join(map(repr, missing))} is missing"
    if error.validator == "const":
        return f"must be {error.validator_value!r} here"
    return str(error.message)
