"""Contents checked against a schema, each violation in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trialpool.findings import Finding
from trialpool.settings.documents import Document, read_plain
from trialpool.settings.places import place


@dataclass(frozen=True)
class Violation:
    """One fault of form: where (keys joined by dots), what stands there, and what is wrong."""

    rule: str
    place: str
    value: str
    message: str


def schema_path(name: str) -> Path:
    """Return a configuration schema."""
    return place(f"workflow/schemas/{name}.schema.yaml")


def schema_names() -> list[str]:
    """Return the names of all configuration schemas, sorted."""
    return sorted(path.name.split(".")[0] for path in schema_path("*").parent.glob("*.schema.yaml"))


def remedy(schema_name: str) -> str:
    """Return where the allowed settings of a file are said: a command, wherever it is installed."""
    return f"Allowed settings: trialpool settings {schema_name}"


def schema_findings(document: Document, schema_name: str) -> list[Finding]:
    """Check a file against its schema; each violation is one finding."""
    return [
        Finding(
            "fatal",
            fault.rule,
            document.file,
            document.line(fault.place) or 1,
            column=fault.place,
            value=fault.value,
            message=fault.message,
            remedy=remedy(schema_name),
        )
        for fault in violations(document.content, read_plain(schema_path(schema_name)))
    ]


def violations(content: Any, schema: Mapping[str, Any]) -> Iterator[Violation]:
    """Yield what a schema does not allow, in the order of places; of unknown keys one each."""
    import jsonschema

    validator = jsonschema.Draft202012Validator(schema)
    for error in sorted(validator.iter_errors(content), key=lambda e: [str(p) for p in e.path]):
        path = [str(part) for part in error.absolute_path]
        if "propertyNames" in error.absolute_schema_path:
            path.append(str(error.instance))
        # A setting whose schema is "false" breaks no keyword: it does not belong there.
        rule = f"config-{error.validator or 'place'}"
        if error.validator == "additionalProperties":
            known, renamed = (error.schema.get(name, {}) for name in ("properties", "renamed"))
            for key in [str(key) for key in error.instance if key not in known]:
                words = f"unknown setting {key!r}; known: {', '.join(sorted(known))}"
                if key in renamed:
                    words = f"{key!r} of earlier versions is now {renamed[key]}"
                yield Violation(rule, ".".join([*path, key]), "", words)
        else:
            value = "" if isinstance(error.instance, dict | list) else str(error.instance)
            yield Violation(rule, ".".join(path), value, _in_words(error))


def _in_words(error: Any) -> str:
    """Say a schema violation in words where the library's own message is for programmers."""
    if error.validator == "enum":
        allowed = ", ".join("null" if v is None else repr(v) for v in error.validator_value)
        return f"must be one of {allowed}"
    if error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        return f"the setting {', '.join(map(repr, missing))} is missing"
    if error.validator == "oneOf" and all([*one] == ["required"] for one in error.validator_value):
        names = [key for one in error.validator_value for key in one["required"]]
        return f"one of the settings {', '.join(map(repr, names))} is needed, and no other"
    if error.validator == "const":
        allowed = "null" if error.validator_value is None else repr(error.validator_value)
        return f"must be {allowed} here"
    if error.validator is None:
        return "does not belong here, beside the other settings of the block"
    no_text = isinstance(error.instance, bool | int | float)
    if no_text and error.validator == "type" and error.validator_value == "string":
        return f"must be text; YAML takes it for {str(error.instance).lower()}: put it in quotes"
    if error.validator == "not" and "enum" in error.validator_value:
        return "is a name that Windows keeps for itself, in any folder"
    if error.validator == "pattern":
        return f"must be of the form {error.validator_value}"
    if error.validator == "type" and error.instance is None:
        return f"is empty; it must be of type {error.validator_value!r}"
    return str(error.message)
