"""From blocks to PDF: typst sets a document, with the fonts of this package alone."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import msgspec

from trialpool.figures.text.faces import font_path
from trialpool.report.printed.blocks import Document, cleaned

TEMPLATE: Final = Path(__file__).with_name("template.typ")


def set_pdf(document: Document) -> bytes:
    """Set a document.

    Parameters
    ----------
    document : Document

    Returns
    -------
    bytes
        A PDF, the same for the same document: it holds no date, and no font of the machine.

    Raises
    ------
    typst.TypstError
        If something leads to a label that no block has.
    """
    import typst

    texts = cleaned(document)
    plain = {"title": texts.title, "author": texts.author, "blocks": texts.blocks}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "main.typ").write_bytes(TEMPLATE.read_bytes())
        (folder / "document.json").write_bytes(msgspec.json.encode(plain))
        for file, svg in document.pictures.items():
            (folder / file).write_text(svg, encoding="utf-8")
        made = typst.compile(
            folder / "main.typ",
            root=folder,
            font_paths=[font_path("regular").parent],
            ignore_system_fonts=True,
            format="pdf",
        )
    assert isinstance(made, bytes)
    return made
