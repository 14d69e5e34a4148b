"""The interval of I² from Cochran's Q, which two trials have as well."""

from __future__ import annotations

from math import isfinite, sqrt

from scipy import special


def i2_limits(q: float | None, df: int, level: float = 0.95) -> tuple[float | None, float | None]:
    """Return the interval of I² from Q, in percent; None where there is no Q.

    Parameters
    ----------
    q : float or None
        Cochran's Q.
    df : int
        Number of trials less one; of one trial there is no interval.
    level : float

    Returns
    -------
    (float, float) or (None, None)
        Lower and upper limit.

    Notes
    -----
    With true effects that differ, Q is about non-central chi-square with `df` and a
    non-centrality λ, and I² = λ/(λ + df) (Hedges and Pigott 2001, Psychol Methods 6:203; Orsini
    and others 2006, Stata J: the interval of `heterogi`). Limits are the λ under which Q, or less
    of it, has the probabilities of the two tails; 0 where none has.
    """
    if q is None or df < 1:
        return None, None
    tail = 0.5 * (1.0 - level)

    def share(p: float) -> float:
        if special.chdtr(df, q) <= p:
            return 0.0
        away = float(special.chndtrinc(q, df, p))
        if not isfinite(away):
            # Of a Q beyond 1e10, where Q is normal around λ with the standard deviation 2 √λ.
            away = q - 2.0 * float(special.ndtri(p)) * sqrt(q)
            return 100.0 / (1.0 + df / away)
        return 100.0 * away / (away + df)

    return share(1.0 - tail), share(tail)
