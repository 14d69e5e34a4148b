"""Which extra brings a library that only some commands need."""

from __future__ import annotations

from typing import Final

_EXTRAS: Final = {
    "figures": ("matplotlib", "fontTools"),
    "frames": ("pandas",),
    "curves": ("lifelines", "pypdfium2"),
}


def install_command(module: str) -> str:
    """Return how a library comes that was not found, by the name that it is imported by."""
    top = module.split(".", maxsplit=1)[0]
    found = (extra for extra, modules in _EXTRAS.items() if top in modules)
    return f"pip install 'trialpool[{next(found, 'pipeline')}]'"
