"""The schema of config.yaml is what catalogues of workflows show: each setting says what it is."""

from collections.abc import Iterator
from typing import Any

import yaml
from jsonschema.validators import Draft202012Validator

from trialpool.settings.places import place

SCHEMA = yaml.safe_load(place("workflow/schemas/config.schema.yaml").read_text("utf-8"))


def settings(schema: dict[str, Any], inside: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, part in schema.get("properties", {}).items():
        yield f"{inside}{name}", part
        yield from settings(part, f"{inside}{name}.")
    more = schema.get("additionalProperties")
    if isinstance(more, dict):
        yield from settings(more, f"{inside}*.")


def test_every_setting_says_what_it_is() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    found = dict(settings(SCHEMA))
    assert {"paths.raw", "endpoints.*.name", "report.framework_source.doi"} <= set(found)
    assert [name for name, part in found.items() if not part.get("description")] == []
