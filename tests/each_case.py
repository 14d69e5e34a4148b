"""Many small cases in one test: as tests of their own they cost more than what they look at."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any


def each_case(names: str | tuple[str, ...], values: Iterable[Any]) -> Callable[..., Any]:
    """Run a test on every value, as `pytest.mark.parametrize` does, and list all that fail."""
    given = (names,) if isinstance(names, str) else names
    cases = [(value,) if isinstance(names, str) else tuple(value) for value in values]
    assert cases

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def run(**fixtures: Any) -> None:
            failed = []
            for case in cases:
                chosen = dict(zip(given, case, strict=True))
                try:
                    test(**fixtures, **chosen)
                except Exception as fault:
                    told = ", ".join(f"{name}={str(value)[:60]}" for name, value in chosen.items())
                    failed.append(f"{told}: {type(fault).__name__} {fault}")
            assert not failed, f"{len(failed)} of {len(cases)} cases:\n" + "\n".join(failed)

        of_test = inspect.signature(test)
        left = [part for name, part in of_test.parameters.items() if name not in given]
        run.__signature__ = of_test.replace(parameters=left)  # type: ignore[attr-defined]
        del run.__wrapped__  # type: ignore[attr-defined]
        return run

    return decorate
