"""What the room of a kind adds to the section of a question on the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# Instead of the general answers in words; after the groups; instead of the whole section.
Place = Literal["words", "course", "section"]


@dataclass(frozen=True)
class Part:
    """A part of a question's section.

    Attributes
    ----------
    place : {"words", "course", "section"}
        Where it stands: instead of the answers in words, after the tables of the groups, or
        instead of the whole section.
    template : str
        Below the folder of the rooms: "interaction/page.html.j2".
    shown : object
        What the template shows, as texts that are ready to print.
    """

    place: Place
    template: str
    shown: object
