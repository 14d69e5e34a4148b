"""What all records share: frozen, keyword-only, and the same rule of what is written."""

from __future__ import annotations

from functools import cache
from typing import TypeVar

import msgspec

R = TypeVar("R", bound="Record")


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A frozen record.

    A field without a default is always written, as null where it does not exist.
    A field with a default is left out of the file where it has that value.
    """


@cache
def fields_of(kind: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """Return the fields of a kind of record; to read them off its annotations takes long."""
    return msgspec.structs.fields(kind)


def kind_of(record: Record) -> str:
    """Return the kind of a question or of a result, as its file has it."""
    return str(type(record).__struct_config__.tag)


def record_from(source: object, kind: type[R], /, **given: object) -> R:
    """Make a record of what an object has under the same names, and of what is given.

    Parameters
    ----------
    source : object
        A record of fewer or other fields, or a frozen result of the numerical core.
    kind : type of Record
        Values become what its fields say: those of a subclass lose what it adds.
    **given
        Fields in place of, and beside, those of the object.

    Raises
    ------
    msgspec.ValidationError
        If a field is missing or of another type.
    """
    values = {
        f.encode_name: given[f.name] if f.name in given else getattr(source, f.name)
        for f in fields_of(kind)
        if f.name in given or hasattr(source, f.name)
    }
    return msgspec.convert(values, kind, from_attributes=True)
