"""What matplotlib is told about the shipped fonts."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from matplotlib.font_manager import FontProperties

from trialpool.figures.text.faces import FAMILY, STYLES, Face, font_files, font_path


@cache
def font_properties(face: Face, size: float, family: str, *, latin: bool) -> FontProperties:
    """Return the properties of a text; its file decides what is drawn.

    Parameters
    ----------
    face : {"regular", "bold", "italic"}
    size : float
        In the units of the drawing.
    family : str
        Name under which a reader of the SVG finds the embedded font.
    latin : bool
        Whether Open Sans alone is needed.
    """
    weight, style = STYLES[face]
    kind = FontProperties if latin else _with_own_files(face)
    return kind(
        family=[family, FAMILY] if latin else [family, *font_files(face)],
        weight=weight,
        style=style,  # type: ignore[arg-type]
        size=size,
        fname=str(font_path(face)),
    )


@cache
def _with_own_files(face: Face) -> type[FontProperties]:
    files = {family: str(path) for family, path in font_files(face).items()}

    class OwnFiles(FontProperties):
        """Properties that lead to the shipped files, whatever fonts the machine has.

        matplotlib asks for the file of one family after another and draws a character with
        the first that has it. By itself it would look among the fonts of the machine.
        """

        def set_family(self, family: str | Iterable[str] | None) -> None:
            super().set_family(family)
            if isinstance(family, str):
                self.set_file(files.get(family, files[FAMILY]))

        def __copy__(self) -> OwnFiles:
            new = OwnFiles.__new__(OwnFiles)
            new.__dict__.update(self.__dict__)
            return new

    return OwnFiles
