"""What the room of a kind adds to the section of a question on the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# Instead of the general answers in words; after the groups; instead of the whole page; on a page of
# its own, for all treatments at once.
Place = Literal["words", "course", "section", "network"]


@dataclass(frozen=True)
class Part:
    """A part of a question's page.

    Attributes
    ----------
    place : {"words", "course", "section", "network"}
        Where it stands: instead of the answers in words, after the tables of the groups, or
        instead of the whole page, or on a page of its own, that of the network.
    template : str
        Below the folder of the rooms: "interaction/page.html.j2".
    shown : object
        What the template shows, as texts that are ready to print.
    """

    place: Place
    template: str
    shown: object
