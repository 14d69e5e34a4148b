"""Measures of one group's proportion or rate, of correlations, and of reliability.

Proportions: x of n, p = x/n. Rates: x events in person-time t. Partial correlations: t the
test statistic of a regression with m predictors in n patients, f = n − m − 1, R² of the model.
"""

from __future__ import annotations

from typing import Final

from trialpool.measures.measure import Measure

_FREEMAN: Final = "Freeman and Tukey 1950, Ann Math Stat 21:607"
_ROTHMAN: Final = "Rothman 2008, Modern Epidemiology, 3rd ed."
_ALOE: Final = "Aloe and Becker 2012, J Educ Behav Stat 37:278"
_OLKIN: Final = "Olkin and Finn 1995, Psychol Bull 118:155"
_BONETT: Final = "Bonett 2002, J Educ Behav Stat 27:335; Bonett 2010, Psychol Methods 15:368"
_CORRELATION: Final = (-1.0, 1.0)
_SHARE: Final = (0.0, 1.0)

PROPORTIONS: Final = (
    Measure(
        "PR",
        "proportion",
        "identity",
        "percent",
        null=None,
        percent=True,
        limits=_SHARE,
        formula="yi = p; vi = p(1 − p)/n (UB: n − 1)",
        source="definition",
        variants=("LS", "UB", "AV"),
    ),
    Measure(
        "PLN",
        "proportion, by its logarithm",
        "log",
        null=None,
        percent=True,
        limits=_SHARE,
        formula="yi = ln p; vi = 1/x − 1/n",
        source="Katz 1978, Biometrics 34:469",
        variants=("LS", "AV"),
    ),
    Measure(
        "PLO",
        "proportion, by logit",
        "logit",
        null=None,
        percent=True,
        formula="yi = ln(x / (n − x)); vi = 1/x + 1/(n − x)",
        source="Stijnen 2010, Stat Med 29:3046",
        variants=("LS", "AV"),
    ),
    Measure(
        "PRZ",
        "proportion, by probit",
        "probit",
        null=None,
        percent=True,
        formula="yi = Φ⁻¹(p) = z; vi = 2π p(1 − p) exp(z²)/n",
        source="Bliss 1934, Science 79:38; delta method",
    ),
    Measure(
        "PAS",
        "proportion, by arcsine",
        "arcsine",
        null=None,
        percent=True,
        formula="yi = asin √p; vi = 1/(4n)",
        source="Anscombe 1948, Biometrika 35:246",
    ),
    Measure(
        "PFT",
        "proportion, by double arcsine",
        "arcsine",
        null=None,
        percent=True,
        formula="yi = (asin √(x / (n + 1)) + asin √((x + 1) / (n + 1))) / 2; vi = 1 / (4n + 2)",
        source=_FREEMAN + "; back: Miller 1978, Am Stat 32:138",
    ),
)

RATES: Final = (
    Measure(
        "IR",
        "incidence rate",
        "identity",
        null=None,
        limits=(0.0, float("inf")),
        decimals=3,
        formula="yi = x/t; vi = x/t²",
        source=_ROTHMAN,
    ),
    Measure(
        "IRLN",
        "incidence rate, by its logarithm",
        "log",
        null=None,
        decimals=3,
        formula="yi = ln(x/t); vi = 1/x",
        source=_ROTHMAN,
    ),
    Measure(
        "IRS",
        "incidence rate, by its square root",
        "square-root",
        null=None,
        decimals=3,
        formula="yi = √(x/t); vi = 1/(4t)",
        source="Bartlett 1936, J R Stat Soc Suppl 3:68",
    ),
    Measure(
        "IRFT",
        "incidence rate, by Freeman and Tukey's double root",
        "square-root",
        null=None,
        decimals=3,
        formula="yi = (√(x/t) + √((x + 1)/t))/2; vi = 1/(4t)",
        source=_FREEMAN,
    ),
)

CORRELATIONS: Final = (
    Measure(
        "COR",
        "correlation",
        "identity",
        limits=_CORRELATION,
        formula="yi = r; vi = (1 − r²)²/(n − 1) (H0a: (1 − r²)/(n − 2); H0b: 1/n)",
        source="Borenstein 2009, in Cooper, Handbook of Research Synthesis, 2nd ed., 221",
        variants=("LS", "AV", "H0a", "H0b"),
    ),
    Measure(
        "UCOR",
        "correlation, corrected for bias",
        "identity",
        limits=_CORRELATION,
        formula="yi = r F(½, ½; (n − 2)/2; 1 − r²) = u; vi = (1 − u²)²/(n − 1) "
        "(UB: u² − 1 + (n − 3)/(n − 2)(1 − r²) F(1, 1; n/2; 1 − r²))",
        source="Olkin and Pratt 1958, Ann Math Stat 29:201; Hedges 1989, J Appl Psychol 74:469",
        variants=("LS", "UB", "AV"),
    ),
    Measure(
        "ZCOR",
        "correlation, by Fisher's z",
        "z",
        formula="yi = artanh r; vi = 1/(n − 3)",
        source="Fisher 1921, Metron 1:3",
    ),
)

PARTIAL: Final = (
    Measure(
        "PCOR",
        "partial correlation",
        "identity",
        limits=_CORRELATION,
        formula="yi = t/√(t² + f) = r; vi = (1 − r²)²/(n − m)",
        source=_ALOE + "; Aloe and Thompson 2013, J Soc Soc Work Res 4:390",
        variants=("LS", "AV"),
    ),
    Measure(
        "ZPCOR",
        "partial correlation, by Fisher's z",
        "z",
        formula="yi = artanh r; vi = 1/(n − m − 2)",
        source="Fisher 1924, Metron 3:329",
    ),
    Measure(
        "SPCOR",
        "semi-partial correlation",
        "identity",
        limits=_CORRELATION,
        formula="yi = t √((1 − R²)/f) = r; vi = (R⁴ − 2R² + Q + 1 − Q²)/n, Q = R² − r²",
        source=_ALOE,
    ),
    Measure(
        "ZSPCOR",
        "semi-partial correlation, by Fisher's z",
        "z",
        formula="yi = artanh r; vi = Var(r)/(1 − r²)²",
        source=_ALOE,
    ),
    Measure(
        "R2",
        "coefficient of determination",
        "identity",
        null=None,
        limits=_SHARE,
        formula="yi = R²; vi = 4R²(1 − R²)²/n (LS2: 4R²(1 − R²)²f²/((n² − 1)(n + 3)); AV, AV2: "
        "with the mean R²)",
        source=_OLKIN
        + "; Kendall and Stuart 1979, Advanced Theory of Statistics 2, 4th ed., 27.87, 27.88",
        variants=("LS", "LS2", "AV", "AV2"),
    ),
    Measure(
        "ZR2",
        "coefficient of determination, by Fisher's z",
        "z-root",
        null=None,
        formula="yi = artanh √R²; vi = 1/n",
        source=_OLKIN,
    ),
)

RELIABILITY: Final = (
    Measure(
        "ARAW",
        "Cronbach's alpha",
        "identity",
        null=None,
        limits=(float("-inf"), 1.0),
        formula="yi = α; vi = 2m(1 − α)²/((m − 1)(n − 2)), m items",
        source=_BONETT,
    ),
    Measure(
        "AHW",
        "Cronbach's alpha, by the cube root of its complement",
        "cube-root-complement",
        null=None,
        formula="yi = 1 − (1 − α)^⅓; vi = 18m(n − 1)(1 − α)^⅔/((m − 1)(9n − 11)²)",
        source="Hakstian and Whalen 1976, Psychometrika 41:219",
    ),
    Measure(
        "ABT",
        "Cronbach's alpha, by the logarithm of its complement",
        "log-complement",
        null=None,
        formula="yi = −ln(1 − α); vi = 2m/((m − 1)(n − 2))",
        source=_BONETT,
    ),
)
