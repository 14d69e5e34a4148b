"""The schemas of docs/schemas are those of the records, and built records keep to them."""

import json
from pathlib import Path

import jsonschema
import pytest

from trialpool.records.files import schemas

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", sorted(schemas()))
def test_schemas_in_docs_are_those_of_the_records(name):
    written = json.loads((ROOT / "docs" / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(schemas()[name])), "run: make schemas"


@pytest.mark.parametrize("name", sorted(schemas()))
def test_schemas_are_schemas(name):
    jsonschema.Draft202012Validator.check_schema(schemas()[name])
