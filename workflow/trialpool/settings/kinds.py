"""Kinds of question: what each may be asked with, from the settings.yaml of its folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from trialpool.settings.documents import read_plain
from trialpool.settings.schemas import schema_path

Schema = Mapping[str, Any]
DEFAULT_KIND: Final = "comparison"
# Where kinds are looked for: each is a folder with a settings.yaml. A test may add a place.
KIND_FOLDERS: Final[list[Path]] = [Path(__file__).resolve().parents[1] / "questions"]


def kinds() -> list[str]:
    """Return the names of all kinds, sorted."""
    return list(_schemas(tuple(KIND_FOLDERS)))


def question_schema(kind: str) -> Schema:
    """Return the schema of a question of one kind.

    It is assembled of what every question has (questions.schema.yaml), what the kind adds or
    narrows (`properties`, `required`, `allOf` of its settings.yaml), what it takes of the
    settings that several kinds share (`shared`), and which settings another policy may change
    (`varies`).
    """
    return _schemas(tuple(KIND_FOLDERS))[kind]


def further_figures(kind: str) -> list[str]:
    """Return the names of the figures that a kind draws beside the forest plot, without ending."""
    places = (folder / kind / "settings.yaml" for folder in KIND_FOLDERS)
    return [
        str(name)
        for place in places
        if place.is_file()
        for name in read_plain(place).get("figures", ())
    ]


def settings_texts() -> dict[str, str]:
    """Return what each kind adds to the settings of a question, as it is written: kind -> YAML."""
    return {kind: path.read_text(encoding="utf-8") for kind, path in _files(KIND_FOLDERS).items()}


def _files(folders: Iterable[Path]) -> dict[str, Path]:
    """Return the file of each kind, sorted by name."""
    found = {path.parent.name: path for place in folders for path in place.glob("*/settings.yaml")}
    return {kind: found[kind] for kind in sorted(found)}


@cache
def _schemas(folders: tuple[Path, ...]) -> dict[str, Schema]:
    found = _files(folders)
    return {kind: _assembled(read_plain(path), list(found)) for kind, path in found.items()}


def _assembled(part: Schema, names: list[str]) -> Schema:
    base = read_plain(schema_path("questions"))["$defs"]
    question = base["question"]
    properties = {**question["properties"], "kind": {"enum": names}}
    shared = base["shared"]["properties"]
    properties |= {name: shared[name] for name in part.get("shared", ())}
    for name, narrower in part.get("properties", {}).items():
        properties[name] = {**properties.get(name, {}), **narrower}
    if "variants" in properties:
        varied = {name: properties[name] for name in part["varies"]}
        properties["variants"] = _with_varied(properties["variants"], varied)
    return {
        **question,
        "properties": properties,
        "required": [*question["required"], *part.get("required", ())],
        "allOf": [*question["allOf"], *part.get("allOf", ())],
        "$defs": base,
    }


def _with_varied(variants: Schema, varied: Mapping[str, Schema]) -> Schema:
    """Let a variant change these settings."""
    item = variants["items"]
    of_item = item["properties"]
    settings = {**of_item["settings"], "properties": varied}
    return {**variants, "items": {**item, "properties": {**of_item, "settings": settings}}}


def settings_of(kind: str) -> Mapping[str, Schema]:
    """Return the settings that questions of a kind may have, each with its schema."""
    properties: Mapping[str, Schema] = question_schema(kind)["properties"]
    return properties


def kinds_with(setting: str) -> list[str]:
    """Return the kinds whose questions may have a setting."""
    return [kind for kind in kinds() if setting in settings_of(kind)]


def defaults(kind: str) -> dict[str, Any]:
    """Return the settings that a question of a kind has unless it says otherwise.

    Where a kind allows one value only, nobody has to write it.
    """
    found = {"kind": kind}
    for name, schema in settings_of(kind).items():
        if "const" in schema or "default" in schema:
            found[name] = schema.get("const", schema.get("default"))
    return found


def merged_settings() -> set[str]:
    """Return the settings that a question takes over key by key.

    These are the blocks whose keys are names of the data (trials, columns, rows). A block with
    keys of its own (`biomarker`, `interaction`) is one statement, taken over whole or replaced.
    """
    return {
        name
        for kind in kinds()
        for name, schema in settings_of(kind).items()
        if isinstance(schema.get("additionalProperties"), Mapping)
    }


def nullable_settings() -> set[str]:
    """Return the settings of which null is a value."""
    return {
        name
        for kind in kinds()
        for name, schema in settings_of(kind).items()
        if None in schema.get("enum", [schema.get("const", "")])
    }
