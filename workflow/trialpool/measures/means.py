"""Measures of means and standard deviations: of two groups, of one, and of change.

Groups 1 (experimental) and 2 (control): mean x, standard deviation s, n; m = n₁ + n₂ − 2,
N = n₁ + n₂, f = n − 1; s_p² = (f₁s₁² + f₂s₂²)/m; J(m) = Γ(m/2)/(√(m/2) Γ((m − 1)/2)).
Change: group 1 is after, 2 before; s_d² = s₁² + s₂² − 2 r s₁ s₂, r the correlation of the two.
"""

from __future__ import annotations

from typing import Final

from trialpool.measures.measure import Measure

_HEDGES: Final = "Hedges 1981, J Educ Stat 6:107"
_BONETT: Final = "Bonett 2009, Psychol Methods 14:225"
_LAJEUNESSE: Final = "Lajeunesse 2015, Ecology 96:2056"
_NAKAGAWA: Final = "Nakagawa 2015, Methods Ecol Evol 6:143"
_SENIOR: Final = "Senior 2020, Res Synth Methods 11:553"
_BISERIAL: Final = "Jacobs and Viechtbauer 2017, Res Synth Methods 8:161"
_BIAS: Final = "½(s₁²/(n₁x₁²) − s₂²/(n₂x₂²))"
_CORRELATION: Final = (-1.0, 1.0)
_SHARE: Final = (0.0, 1.0)

TWO_MEANS: Final = (
    Measure(
        "MD",
        "mean difference",
        "identity",
        formula="yi = x₁ − x₂; vi = s₁²/n₁ + s₂²/n₂ (HO: s_p²(1/n₁ + 1/n₂))",
        source="Borenstein 2009, in Cooper, Handbook of Research Synthesis, 2nd ed., 221; "
        "Cochrane Handbook 6.5, 10.5",
        variants=("LS", "HO"),
    ),
    Measure(
        "SMD",
        "standardised mean difference",
        "identity",
        formula="d = (x₁ − x₂)/s_p; yi = J(m) d = g; vi = 1/n₁ + 1/n₂ + g²/(2N) "
        "(LS2: J²(1/n₁ + 1/n₂ + d²/(2N)); UB: 1/n₁ + 1/n₂ + (1 − (m − 2)/(m J²)) g²; "
        "H0: J²(1/n₁ + 1/n₂) m/(m − 2))",
        source=_HEDGES
        + "; Hedges 1982, Psychol Bull 92:490 (LS); Hedges 1983, Psychol Bull 93:388 "
        "(UB); Borenstein 2009, in Cooper, Handbook of Research Synthesis, 2nd ed., 221 (LS2)",
        variants=("LS", "LS2", "UB", "AV", "H0"),
    ),
    Measure(
        "SMDH",
        "standardised mean difference, unequal variances",
        "identity",
        formula="s² = (s₁² + s₂²)/2; yi = J(m)(x₁ − x₂)/s = g; "
        "vi = (s₁²/f₁ + s₂²/f₂)/s² + g²(s₁⁴/f₁ + s₂⁴/f₂)/(8s⁴) (LS2: n for f; LS3: n for f in the "
        "first term)",
        source="Bonett 2008, Psychol Methods 13:99; " + _BONETT,
        variants=("LS", "LS2", "LS3"),
    ),
    Measure(
        "SMD1",
        "mean difference in standard deviations of the control group",
        "identity",
        formula="yi = J(f₂)(x₁ − x₂)/s₂ = g; vi = 1/n₁ + 1/n₂ + g²/(2n₂) "
        "(UB: 1/n₁ + 1/n₂ + (1 − (f₂ − 2)/(f₂J²)) g²)",
        source="Glass 1976, Educ Res 5:3; " + _HEDGES,
        variants=("LS", "UB"),
    ),
    Measure(
        "SMD1H",
        "mean difference in standard deviations of the control group, unequal variances",
        "identity",
        formula="yi as SMD1; vi = s₁²/(f₁s₂²) + 1/f₂ + g²/(2f₂)",
        source=_BONETT,
        variants=("LS", "LS2"),
    ),
    Measure(
        "ROM",
        "ratio of means",
        "log",
        formula=f"yi = ln(x₁/x₂) + {_BIAS}; vi = s₁²/(n₁x₁²) + s₂²/(n₂x₂²) (LS2: + half the sum "
        "of the squares; HO: s_p for s; AV, AVHO: mean coefficients of variation)",
        source="Hedges 1999, Ecology 80:1150; "
        + _LAJEUNESSE
        + " (correction, LS2); Nakagawa 2023, "
        "Ecol Lett 26:232 (AV, AVHO)",
        variants=("LS", "LS2", "HO", "AV", "AVHO"),
    ),
    Measure(
        "VR",
        "variability ratio",
        "log",
        formula="yi = ln(s₁/s₂) + 1/(2f₁) − 1/(2f₂); vi = 1/(2f₁) + 1/(2f₂) "
        "(LS2: n₁/(2f₁²) + n₂/(2f₂²))",
        source=_NAKAGAWA + "; " + _SENIOR,
        variants=("LS", "LS2"),
    ),
    Measure(
        "CVR",
        "ratio of coefficients of variation",
        "log",
        formula=f"yi = ln((s₁/x₁)/(s₂/x₂)) + 1/(2f₁) − 1/(2f₂) − {_BIAS}; "
        "vi = 1/(2f₁) + 1/(2f₂) + s₁²/(n₁x₁²) + s₂²/(n₂x₂²) (LS2: the sum of LS2 of VR and ROM)",
        source=_NAKAGAWA + "; " + _SENIOR,
        variants=("LS", "LS2"),
    ),
    Measure(
        "RPB",
        "point-biserial correlation",
        "identity",
        limits=_CORRELATION,
        formula="h = m/n₁ + m/n₂; yi = d/√(d² + h) = r; "
        "ST: vi = h²(1/n₁ + 1/n₂ + d²/(2N))/(d² + h)³; "
        "CS: vi = (1 − r²)²(1 − 3r²/2 + r²/(4pq))/N, p = n₁/N",
        source="Tate 1954, Ann Math Stat 25:603; " + _BISERIAL,
        variants=("ST", "CS"),
    ),
    Measure(
        "ZPB",
        "point-biserial correlation, by Fisher's z",
        "z",
        formula="yi = artanh r; vi = Var(r)/(1 − r²)²",
        source=_BISERIAL,
        variants=("ST", "CS"),
    ),
    Measure(
        "RBIS",
        "biserial correlation",
        "identity",
        limits=_CORRELATION,
        formula="z = Φ⁻¹(q), f = φ(z); yi = r √(pq)/f = b; "
        "vi = (b⁴ + b²(pqz²/f² + (2p − 1)z/f − 5/2) + pq/f²)/(N − 1)",
        source="Soper 1914, Biometrika 10:384; " + _BISERIAL,
        variants=("ST", "CS"),
    ),
    Measure(
        "ZBIS",
        "biserial correlation, by Fisher's z",
        "z",
        formula="yi = artanh b; vi = Var(b)/(1 − b²)²",
        source=_BISERIAL,
        variants=("ST", "CS"),
    ),
    *(
        Measure(
            code,
            "odds ratio, from a standardised mean difference" + how,
            "log",
            formula=f"yi = {factor} d; vi = ({factor})²(1/n₁ + 1/n₂ + d²/(2N))",
            source=source,
        )
        for code, how, factor, source in (
            ("D2OR", "", "π/√3", "Chinn 2000, Stat Med 19:3127"),
            ("D2ORL", " (logistic)", "π/√3", "Chinn 2000, Stat Med 19:3127"),
            ("D2ORN", " (normal)", "1.65", "Cox and Snell 1989, Analysis of Binary Data, 2nd ed."),
        )
    ),
    *(
        Measure(
            code,
            name,
            "identity",
            null=0.5,
            limits=_SHARE,
            formula="S = s₁² + s₂², δ = (x₁ − x₂)/√S; yi = Φ(δ); "
            "vi = φ(δ)²((s₁²/f₁ + s₂²/f₂)/S + δ²(s₁⁴/f₁ + s₂⁴/f₂)/(2S²)) (LS2: n for f; LS3: n for "
            "f in the first term; HO: yi = Φ(d/√2); H0: δ = 0 in vi)",
            source="McGraw and Wong 1992, Psychol Bull 111:361; Goddard and Hinberg 1990, "
            "Stat Med 9:325",
            variants=("LS", "LS2", "LS3", "HO", "H0"),
        )
        for code, name in (
            ("CLESN", "probability of superiority, from means"),
            ("AUCN", "area under the ROC curve, from means"),
        )
    ),
)

ONE_MEAN: Final = (
    Measure(
        "MN",
        "mean",
        "identity",
        null=None,
        formula="yi = x; vi = s²/n (HO: s² pooled over the trials)",
        source="definition",
        variants=("LS", "HO"),
    ),
    Measure(
        "SMN",
        "standardised mean",
        "identity",
        null=None,
        formula="yi = J(f) x/s = g; vi = 1/n + g²/(2n)",
        source=_HEDGES,
    ),
    Measure(
        "MNLN",
        "mean, by its logarithm",
        "log",
        null=None,
        formula="yi = ln x; vi = s²/(n x²)",
        source="Higgins 2008, Stat Med 27:6072",
    ),
    Measure(
        "SDLN",
        "standard deviation, by its logarithm",
        "log",
        null=None,
        formula="yi = ln s + 1/(2f); vi = 1/(2f)",
        source="Raudenbush and Bryk 1987, J Educ Stat 12:241; " + _NAKAGAWA,
    ),
    Measure(
        "CVLN",
        "coefficient of variation, by its logarithm",
        "log",
        null=None,
        formula="yi = ln(s/x) + 1/(2f); vi = 1/(2f) + s²/(n x²)",
        source=_NAKAGAWA,
    ),
)

CHANGE: Final = (
    Measure(
        "MC",
        "mean change",
        "identity",
        formula="yi = x₁ − x₂; vi = s_d²/n",
        source="Morris and DeShon 2002, Psychol Methods 7:105",
    ),
    Measure(
        "SMCC",
        "mean change in standard deviations of the change",
        "identity",
        formula="d = (x₁ − x₂)/s_d; yi = J(f) d = g; vi = 1/n + g²/(2n) (LS2: J²(1/n + d²/(2n)); "
        "UB: 1/n + (1 − (f − 2)/(f J²)) g²)",
        source="Gibbons 1993, J Educ Stat 18:271",
        variants=("LS", "LS2", "UB"),
    ),
    Measure(
        "SMCR",
        "mean change in standard deviations before",
        "identity",
        formula="d = (x₁ − x₂)/s₂; yi = J(f) d = g; vi = 2(1 − r)/n + g²/(2n) "
        "(LS2: J²(2(1 − r)/n + d²/(2n)); UB: 2(1 − ρ)/n + (1 − (f − 2)/(f J²)) g², ρ unbiased)",
        source="Becker 1988, Br J Math Stat Psychol 41:257; Morris 2000, Br J Math Stat Psychol "
        "53:17",
        variants=("LS", "LS2", "UB"),
    ),
    Measure(
        "SMCRH",
        "mean change in standard deviations before, unequal variances",
        "identity",
        formula="yi as SMCR; vi = s_d²/(s₂² f) + g²/(2f)",
        source="Bonett 2008, Psychol Methods 13:99",
    ),
    Measure(
        "SMCRP",
        "mean change in pooled standard deviations",
        "identity",
        formula="s² = (s₁² + s₂²)/2; yi = J(2f/(1 + r²))(x₁ − x₂)/s = g; "
        "vi = 2(1 − r)/n + g²(1 + r²)/(4n)",
        source="Cousineau 2020, Quant Methods Psychol 16:418; Bonett 2008, Psychol Methods 13:99",
    ),
    Measure(
        "SMCRPH",
        "mean change in pooled standard deviations, unequal variances",
        "identity",
        formula="yi as SMCRP; vi = s_d²/(s² f) + g²(s₁⁴ + s₂⁴ + 2r²s₁²s₂²)/(8s⁴f)",
        source="Bonett 2008, Psychol Methods 13:99",
    ),
    *(
        Measure(
            code,
            name,
            "identity",
            null=0.5,
            limits=_SHARE,
            formula="S = s₁² + s₂², δ = (x₁ − x₂)/√S; yi = Φ(δ); "
            "vi = φ(δ)²(s_d²/S + δ²(s₁⁴ + s₂⁴ + 2r²s₁²s₂²)/(2S²))/f",
            source="McGraw and Wong 1992, Psychol Bull 111:361",
        )
        for code, name in (
            ("CLESCN", "probability of superiority after against before"),
            ("AUCCN", "area under the ROC curve, after against before"),
        )
    ),
    Measure(
        "ROMC",
        "ratio of means after and before",
        "log",
        formula="yi = ln(x₁/x₂) + ½(s₁²/(n x₁²) − s₂²/(n x₂²)); "
        "vi = s₁²/(n x₁²) + s₂²/(n x₂²) − 2 r s₁s₂/(n x₁x₂)",
        source="Lajeunesse 2011, Ecology 92:2049; " + _LAJEUNESSE,
    ),
    Measure(
        "VRC",
        "variability ratio after and before",
        "log",
        formula="yi = ln(s₁/s₂); vi = (1 − r²)/f",
        source=_SENIOR,
    ),
    Measure(
        "CVRC",
        "ratio of coefficients of variation after and before",
        "log",
        formula="yi = ln((s₁/x₁)/(s₂/x₂)) − ½(s₁²/(n x₁²) − s₂²/(n x₂²)); "
        "vi = the sum of those of VRC and ROMC",
        source=_SENIOR,
    ),
)
