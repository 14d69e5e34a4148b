"""I² from Cochran's Q with an interval that two trials have as well."""

from __future__ import annotations

from scipy import special


def i2_of_q(q: float, df: int, level: float = 0.95) -> tuple[float, float, float]:
    """Return I² from Q and its interval, in percent.

    Parameters
    ----------
    q : float
        Cochran's Q.
    df : int
        Number of trials less one, at least 1.
    level : float

    Returns
    -------
    (float, float, float)
        I², lower and upper limit.

    Notes
    -----
    With true effects that differ, Q is about non-central chi-square with `df` and a
    non-centrality λ, and I² = λ/(λ + df) (Hedges and Pigott 2001, Psychol Methods 6:203; Orsini
    and others 2006, Stata J: the interval of `heterogi`). Limits are the λ under which Q, or less
    of it, has the probabilities of the two tails; 0 where none has.
    """
    tail = 0.5 * (1.0 - level)

    def share(p: float) -> float:
        if special.chdtr(df, q) <= p:
            return 0.0
        away = float(special.chndtrinc(q, df, p))
        return 100.0 * away / (away + df)

    estimate = 100.0 * max(q - df, 0.0) / q if q > 0.0 else 0.0
    return estimate, share(1.0 - tail), share(tail)
