"""What all records share: frozen, keyword-only, and the same rule of what is written."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, TypeVar

import msgspec

R = TypeVar("R", bound="Record")


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A frozen record.

    A field without a default is always written, as null where it does not exist.
    A field with a default is left out of the file where it has that value.
    """

    # Until all rooms read attributes, a record can be read like the mapping it was.
    def __getitem__(self, key: str) -> Any:
        """Return a field by its name in the file; KeyError where the file has none."""
        name = _attribute(type(self), key)
        if name is None or not _written(self, name):
            raise KeyError(key)
        if name == "kind_of_record":
            return type(self).__struct_config__.tag
        return getattr(self, name)

    def get(self, key: str, default: Any = None) -> Any:
        """Return a field by its name in the file, or the default."""
        return self[key] if key in self else default  # noqa: SIM401

    def __contains__(self, key: object) -> bool:
        name = _attribute(type(self), str(key))
        return name is not None and _written(self, name)

    def keys(self) -> list[str]:
        """Names of the fields that the file has."""
        tag = type(self).__struct_config__.tag_field
        fields = msgspec.structs.fields(type(self))
        names = [f.encode_name for f in fields if _written(self, f.name)]
        return [*([tag] if tag else []), *names]

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def items(self) -> list[tuple[str, Any]]:
        """Pairs of name and value."""
        return [(key, self[key]) for key in self.keys()]

    def values(self) -> list[Any]:
        """Values of the fields that the file has."""
        return [self[key] for key in self.keys()]


@cache
def _fields(kind: type[Record]) -> dict[str, tuple[str, Any]]:
    """Name in the file -> attribute and default."""
    found = {}
    for f in msgspec.structs.fields(kind):
        default = f.default
        if default is msgspec.NODEFAULT and f.default_factory is not msgspec.NODEFAULT:
            default = f.default_factory()
        found[f.encode_name] = (f.name, default)
    return found


def _attribute(kind: type[Record], key: str) -> str | None:
    if key == kind.__struct_config__.tag_field:
        return "kind_of_record"
    return _fields(kind).get(key, (None, None))[0]


def _written(record: Record, name: str) -> bool:
    if name == "kind_of_record":
        return True
    for attribute, default in _fields(type(record)).values():
        if attribute == name:
            return default is msgspec.NODEFAULT or bool(getattr(record, name) != default)
    return False


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
        for f in msgspec.structs.fields(kind)
        if f.name in given or hasattr(source, f.name)
    }
    return msgspec.convert(values, kind, from_attributes=True)
