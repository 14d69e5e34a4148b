"""Measures of two groups' counts, of person-time, and of pairs.

Cells: a of n₁ = a + b patients of the experimental arm have the event, c of
n₂ = c + d of the control arm; N = n₁ + n₂, m₁ = a + c, p₁ = a/n₁, p₂ = c/n₂, q = 1 − p.
Pairs: a both, b the first only, c the second only, d neither.
"""

from __future__ import annotations

from typing import Final

from trialpool.measures.measure import Measure

_FLEISS: Final = "Fleiss and Berlin 2009, in Cooper, Handbook of Research Synthesis, 2nd ed., 237"
_RATES: Final = (
    "Rothman 2008, Modern Epidemiology, 3rd ed.; Bagos and Nikolopoulos 2009, Int J Biostat 5"
)
_ODDS_TO_D: Final = "yi = {} ln(a d / (b c)); vi = {}² (1/a + 1/b + 1/c + 1/d)"
_CORRELATION: Final = (-1.0, 1.0)
_Z_OF: Final = "yi = artanh r; vi = Var(r) / (1 − r²)²"

TWO_BY_TWO: Final = (
    Measure(
        "OR",
        "odds ratio",
        "log",
        formula="yi = ln(a d / (b c)); vi = 1/a + 1/b + 1/c + 1/d",
        source="Woolf 1955, Ann Hum Genet 19:251; Cochrane Handbook 6.5, 10.4",
        variants=("LS", "AV"),
    ),
    Measure(
        "RR",
        "risk ratio",
        "log",
        formula="yi = ln(p₁ / p₂); vi = 1/a − 1/n₁ + 1/c − 1/n₂",
        source="Katz 1978, Biometrics 34:469; Cochrane Handbook 6.5, 10.4",
        variants=("LS", "AV"),
    ),
    Measure(
        "RD",
        "risk difference",
        "identity",
        percent=True,
        limits=_CORRELATION,
        formula="yi = p₁ − p₂; vi = p₁q₁/n₁ + p₂q₂/n₂ (UB: n − 1)",
        source="Cochrane Handbook 6.5, 10.4",
        variants=("LS", "UB", "AV"),
    ),
    Measure(
        "AS",
        "arcsine difference",
        "identity",
        formula="yi = asin √p₁ − asin √p₂; vi = 1/(4n₁) + 1/(4n₂)",
        source="Rücker 2009, Stat Med 28:721",
    ),
    Measure(
        "PETO",
        "Peto odds ratio",
        "log",
        formula="V = n₁n₂m₁m₂ / (N²(N − 1)); yi = (a − n₁m₁/N) / V; vi = 1/V",
        source="Yusuf 1985, Prog Cardiovasc Dis 27:335",
    ),
    Measure(
        "PHI",
        "phi coefficient",
        "identity",
        limits=_CORRELATION,
        formula="yi = (ad − bc) / √(n₁n₂m₁m₂); vi by the delta method, group sizes fixed (ST) "
        "or drawn (CS)",
        source="Yule 1912, J R Stat Soc 75:579; " + _FLEISS,
        variants=("ST", "CS"),
    ),
    Measure(
        "ZPHI",
        "phi coefficient, by Fisher's z",
        "z",
        formula=_Z_OF,
        source="Yule 1912, J R Stat Soc 75:579; Fisher 1921, Metron 1:3",
        variants=("ST", "CS"),
    ),
    Measure(
        "YUQ",
        "Yule's Q",
        "identity",
        limits=_CORRELATION,
        formula="yi = (ad − bc) / (ad + bc) = Q; vi = (1 − Q²)²/4 · (1/a + 1/b + 1/c + 1/d)",
        source="Yule 1912, J R Stat Soc 75:579; Bonett and Price 2007, Sociol Methods Res 35:429",
    ),
    Measure(
        "YUY",
        "Yule's Y",
        "identity",
        limits=_CORRELATION,
        formula="yi = (√(ad) − √(bc)) / (√(ad) + √(bc)) = Y; "
        "vi = (1 − Y²)²/16 · (1/a + 1/b + 1/c + 1/d)",
        source="Yule 1912, J R Stat Soc 75:579; Bonett and Price 2007, Sociol Methods Res 35:429",
    ),
    Measure(
        "RTET",
        "tetrachoric correlation",
        "identity",
        limits=_CORRELATION,
        formula="yi solves Φ₂(h, k; ρ) = a/N at the margins' normal quantiles h, k; "
        "vi by the delta method",
        source="Pearson 1900, Phil Trans R Soc A 195:1; Kirk 1973, Psychometrika 38:259",
    ),
    Measure(
        "ZTET",
        "tetrachoric correlation, by Fisher's z",
        "z",
        formula=_Z_OF,
        source="Pearson 1900, Phil Trans R Soc A 195:1; Fisher 1921, Metron 1:3",
    ),
    Measure(
        "PBIT",
        "standardised mean difference, by probits of counts",
        "identity",
        formula="z = Φ⁻¹(p); yi = z₁ − z₂; vi = Σ 2π p q exp(z²) / n",
        source="Sánchez-Meca 2003, Psychol Methods 8:448",
    ),
    *(
        Measure(
            code,
            "standardised mean difference, from an odds ratio" + how,
            "identity",
            formula=_ODDS_TO_D.format(factor, f"({factor})"),
            source=source,
        )
        for code, how, factor, source in (
            ("OR2D", "", "√3/π", "Chinn 2000, Stat Med 19:3127"),
            ("OR2DL", " (logistic)", "√3/π", "Chinn 2000, Stat Med 19:3127"),
            (
                "OR2DN",
                " (normal)",
                "1/1.65",
                "Cox and Snell 1989, Analysis of Binary Data, 2nd ed.",
            ),
        )
    ),
)

PAIRS: Final = (
    Measure(
        "MPRD",
        "risk difference of pairs",
        "identity",
        percent=True,
        limits=_CORRELATION,
        formula="yi = (b − c)/n; vi = ((b + c)/n − ((b − c)/n)²)/n",
        source="May and Johnson 1997, Stat Med 16:2127",
    ),
    Measure(
        "MPRR",
        "risk ratio of pairs",
        "log",
        formula="yi = ln((a + b)/(a + c)); vi = (b + c)/((a + b)(a + c))",
        source="Nam and Blackwelder 2002, Stat Med 21:689",
    ),
    Measure(
        "MPOR",
        "marginal odds ratio of pairs",
        "log",
        formula="p₁ = (a + b)/n, p₂ = (a + c)/n; yi = logit p₁ − logit p₂; "
        "vi = 1/(n p₁q₁) + 1/(n p₂q₂) − 2(a/n − p₁p₂)/(n p₁q₁p₂q₂)",
        source="Becker and Balagtas 1993, Biometrics 49:997",
    ),
    Measure(
        "MPORM",
        "marginal odds ratio of pairs, from two margins and r",
        "log",
        formula="yi = ln(a d / (b c)) of the margins; vi = 1/a + 1/b + 1/c + 1/d − "
        "2r/(n √(p₁q₁p₂q₂)), n the harmonic mean of n₁ and n₂",
        source="Elbourne 2002, Int J Epidemiol 31:140; Zou 2007, Clin Trials 4:25",
    ),
    Measure(
        "MPORC",
        "conditional odds ratio of pairs",
        "log",
        formula="yi = ln(b/c); vi = 1/b + 1/c",
        source="Curtin 2002, Stat Med 21:2145; Zou 2007, Clin Trials 4:25",
    ),
    Measure(
        "MPPETO",
        "conditional odds ratio of pairs, by Peto's one step",
        "log",
        formula="yi = 2(b − c)/(b + c); vi = 4/(b + c)",
        source="Curtin 2002, Stat Med 21:2145",
    ),
)

PERSON_TIME: Final = (
    Measure(
        "IRR",
        "incidence rate ratio",
        "log",
        formula="yi = ln((x₁/t₁)/(x₂/t₂)); vi = 1/x₁ + 1/x₂",
        source=_RATES,
    ),
    Measure(
        "IRD",
        "incidence rate difference",
        "identity",
        decimals=3,
        formula="yi = x₁/t₁ − x₂/t₂; vi = x₁/t₁² + x₂/t₂²",
        source=_RATES,
    ),
    Measure(
        "IRSD",
        "difference of square roots of incidence rates",
        "identity",
        decimals=3,
        formula="yi = √(x₁/t₁) − √(x₂/t₂); vi = 1/(4t₁) + 1/(4t₂)",
        source=_RATES + "; Bartlett 1936, J R Stat Soc Suppl 3:68",
    ),
)

GENOTYPES: Final = (
    Measure(
        "REH",
        "relative excess heterozygosity",
        "log",
        formula="yi = ln(b / (2√(a c))), b heterozygous, a and c homozygous; "
        "vi = 1/b + 1/(4a) + 1/(4c)",
        source="Ziegler 2011, Breast Cancer Res Treat 128:197",
    ),
)

AREAS: Final = tuple(
    Measure(
        code,
        name,
        "identity",
        null=0.5,
        limits=(0.0, 1.0),
        formula="yi = A; g = (n₁ − 1)(n₂ − 1), h = (n₁ + n₂)/2 − 1; "
        "vi = A(1 − A)(1 + h(1 − A)/(2 − A) + hA/(1 + A))/g (LS2: (A(1 − A) + (n₁ − 1)(A/(2 − A) "
        "− A²) + (n₂ − 1)(2A²/(1 + A) − A²))/g; H0: (n₁ + n₂ + 1)/(12n₁n₂); "
        "MAX: A(1 − A)/(min(n₁, n₂) − 1))",
        source="Newcombe 2006, Stat Med 25:559; Hanley and McNeil 1982, Radiology 143:29",
        variants=("LS", "LS2", "H0", "MAX"),
    )
    for code, name in (
        ("AUC", "area under the ROC curve"),
        ("CLES", "probability of superiority"),
    )
)
