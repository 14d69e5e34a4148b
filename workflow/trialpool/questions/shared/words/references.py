"""The methods papers that a report may cite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Reference:
    """A methods paper.

    Attributes
    ----------
    short : str
        As cited in the text.
    citation : str
        In full.
    doi : str
        Empty where there is none.
    """

    short: str
    citation: str
    doi: str = ""


REFERENCES: Final[dict[str, Reference]] = {
    "parmar1998": Reference(
        "Parmar 1998",
        "Parmar MKB, Torri V, Stewart L. Extracting summary statistics to perform meta-analyses "
        "of the published literature for survival endpoints. Stat Med 1998;17:2815–34.",
        "10.1002/(SICI)1097-0258(19981230)17:24<2815::AID-SIM110>3.0.CO;2-8",
    ),
    "tierney2007": Reference(
        "Tierney 2007",
        "Tierney JF, Stewart LA, Ghersi D, Burdett S, Sydes MR. Practical methods for "
        "incorporating summary time-to-event data into meta-analysis. Trials 2007;8:16.",
        "10.1186/1745-6215-8-16",
    ),
    "guyot2012": Reference(
        "Guyot 2012",
        "Guyot P, Ades AE, Ouwens MJNM, Welton NJ. Enhanced secondary analysis of survival data: "
        "reconstructing the data from published Kaplan-Meier survival curves. BMC Med Res "
        "Methodol 2012;12:9.",
        "10.1186/1471-2288-12-9",
    ),
    "altman1998": Reference(
        "Altman 1998",
        "Altman DG. Confidence intervals for the number needed to treat. BMJ 1998;317:1309–12.",
        "10.1136/bmj.317.7168.1309",
    ),
    "altman1999": Reference(
        "Altman & Andersen 1999",
        "Altman DG, Andersen PK. Calculating the number needed to treat for trials where the "
        "outcome is time to an event. BMJ 1999;319:1492–5.",
        "10.1136/bmj.319.7223.1492",
    ),
    "newcombe2014": Reference(
        "Newcombe & Bender 2014",
        "Newcombe RG, Bender R. Implementing GRADE: calculating the risk difference from the "
        "baseline risk and the relative risk. Evid Based Med 2014;19:6–8.",
        "10.1136/eb-2013-101340",
    ),
    "combescure2014": Reference(
        "Combescure 2014",
        "Combescure C, Foucher Y, Jackson D. Meta-analysis of single-arm survival studies: a "
        "distribution-free approach for estimating summary survival curves with random effects. "
        "Stat Med 2014;33:2521–37.",
        "10.1002/sim.6111",
    ),
    "grambsch1994": Reference(
        "Grambsch & Therneau 1994",
        "Grambsch PM, Therneau TM. Proportional hazards tests and diagnostics based on weighted "
        "residuals. Biometrika 1994;81:515–26.",
        "10.1093/biomet/81.3.515",
    ),
    "royston2013": Reference(
        "Royston & Parmar 2013",
        "Royston P, Parmar MKB. Restricted mean survival time: an alternative to the hazard ratio "
        "for the design and analysis of randomized trials with a time-to-event outcome. BMC Med "
        "Res Methodol 2013;13:152.",
        "10.1186/1471-2288-13-152",
    ),
    "brown2017": Reference(
        "Brown & Heathers 2017",
        "Brown NJL, Heathers JAJ. The GRIM test: a simple technique detects numerous anomalies "
        "in the reporting of results in psychology. Soc Psychol Personal Sci 2017;8:363–9.",
        "10.1177/1948550616673876",
    ),
    "handbook": Reference(
        "Cochrane Handbook 6.5",
        "Higgins JPT, Thomas J, Chandler J, Cumpston M, Li T, Page MJ, Welch VA, editors. "
        "Cochrane Handbook for Systematic Reviews of Interventions, version 6.5. Cochrane, 2024.",
    ),
    "dersimonian1986": Reference(
        "DerSimonian & Laird 1986",
        "DerSimonian R, Laird N. Meta-analysis in clinical trials. "
        "Control Clin Trials 1986;7:177–88.",
        "10.1016/0197-2456(86)90046-2",
    ),
    "paule1982": Reference(
        "Paule & Mandel 1982",
        "Paule RC, Mandel J. Consensus values and weighting factors. "
        "J Res Natl Bur Stand 1982;87:377–85.",
        "10.6028/jres.087.022",
    ),
    "viechtbauer2005": Reference(
        "Viechtbauer 2005",
        "Viechtbauer W. Bias and efficiency of meta-analytic variance estimators in the "
        "random-effects model. J Educ Behav Stat 2005;30:261–93.",
        "10.3102/10769986030003261",
    ),
    "viechtbauer2007": Reference(
        "Viechtbauer 2007",
        "Viechtbauer W. Confidence intervals for the amount of heterogeneity in meta-analysis. "
        "Stat Med 2007;26:37–52.",
        "10.1002/sim.2514",
    ),
    "viechtbauer2010": Reference(
        "Viechtbauer 2010",
        "Viechtbauer W. Conducting meta-analyses in R with the metafor package. "
        "J Stat Softw 2010;36(3):1–48.",
        "10.18637/jss.v036.i03",
    ),
    "higgins2002": Reference(
        "Higgins & Thompson 2002",
        "Higgins JPT, Thompson SG. Quantifying heterogeneity in a meta-analysis. "
        "Stat Med 2002;21:1539–58.",
        "10.1002/sim.1186",
    ),
    "hartung2001": Reference(
        "Hartung & Knapp 2001",
        "Hartung J, Knapp G. On tests of the overall treatment effect in meta-analysis with "
        "normally distributed responses. Stat Med 2001;20:1771–82.",
        "10.1002/sim.791",
    ),
    "knapp2003": Reference(
        "Knapp & Hartung 2003",
        "Knapp G, Hartung J. Improved tests for a random effects meta-regression with a single "
        "covariate. Stat Med 2003;22:2693–710.",
        "10.1002/sim.1482",
    ),
    "inthout2014": Reference(
        "IntHout 2014",
        "IntHout J, Ioannidis JPA, Borm GF. The Hartung-Knapp-Sidik-Jonkman method for random "
        "effects meta-analysis is straightforward and considerably outperforms the standard "
        "DerSimonian-Laird method. BMC Med Res Methodol 2014;14:25.",
        "10.1186/1471-2288-14-25",
    ),
    "rover2015": Reference(
        "Röver 2015",
        "Röver C, Knapp G, Friede T. Hartung-Knapp-Sidik-Jonkman approach and its modification "
        "for random-effects meta-analysis with few studies. BMC Med Res Methodol 2015;15:99.",
        "10.1186/s12874-015-0091-1",
    ),
    "friede2017": Reference(
        "Friede 2017",
        "Friede T, Röver C, Wandel S, Neuenschwander B. Meta-analysis of few small studies in "
        "orphan diseases. Res Synth Methods 2017;8:79–91.",
        "10.1002/jrsm.1217",
    ),
    "rover2020": Reference(
        "Röver 2020",
        "Röver C. Bayesian random-effects meta-analysis using the bayesmeta R package. "
        "J Stat Softw 2020;93(6):1–51.",
        "10.18637/jss.v093.i06",
    ),
    "higgins2009": Reference(
        "Higgins 2009",
        "Higgins JPT, Thompson SG, Spiegelhalter DJ. A re-evaluation of random-effects "
        "meta-analysis. J R Stat Soc A 2009;172:137–59.",
        "10.1111/j.1467-985X.2008.00552.x",
    ),
    "piaggio2012": Reference(
        "Piaggio 2012",
        "Piaggio G, Elbourne DR, Pocock SJ, Evans SJW, Altman DG; CONSORT Group. Reporting of "
        "noninferiority and equivalence randomized trials: extension of the CONSORT 2010 "
        "statement. JAMA 2012;308:2594–604.",
        "10.1001/jama.2012.87802",
    ),
    "schandelmaier2020": Reference(
        "Schandelmaier 2020",
        "Schandelmaier S, Briel M, Varadhan R, et al. Development of the Instrument to assess "
        "the Credibility of Effect Modification Analyses (ICEMAN) in randomized controlled "
        "trials and meta-analyses. CMAJ 2020;192:E901–6.",
        "10.1503/cmaj.200077",
    ),
    "viechtbauercheung2010": Reference(
        "Viechtbauer and Cheung 2010",
        "Viechtbauer W, Cheung MWL. Outlier and influence diagnostics for meta-analysis. "
        "Res Synth Methods 2010;1:112–25.",
        "10.1002/jrsm.11",
    ),
    "egger1997": Reference(
        "Egger 1997",
        "Egger M, Davey Smith G, Schneider M, Minder C. Bias in meta-analysis detected by a "
        "simple, graphical test. BMJ 1997;315:629–34.",
        "10.1136/bmj.315.7109.629",
    ),
    "harbord2006": Reference(
        "Harbord 2006",
        "Harbord RM, Egger M, Sterne JAC. A modified test for small-study effects in "
        "meta-analyses of controlled trials with binary endpoints. Stat Med 2006;25:3443–57.",
        "10.1002/sim.2380",
    ),
    "peters2006": Reference(
        "Peters 2006",
        "Peters JL, Sutton AJ, Jones DR, Abrams KR, Rushton L. Comparison of two methods to "
        "detect publication bias in meta-analysis. JAMA 2006;295:676–80.",
        "10.1001/jama.295.6.676",
    ),
    "begg1994": Reference(
        "Begg and Mazumdar 1994",
        "Begg CB, Mazumdar M. Operating characteristics of a rank correlation test for "
        "publication bias. Biometrics 1994;50:1088–101.",
        "10.2307/2533446",
    ),
    "sterne2011": Reference(
        "Sterne 2011",
        "Sterne JAC, Sutton AJ, Ioannidis JPA, et al. Recommendations for examining and "
        "interpreting funnel plot asymmetry in meta-analyses of randomised controlled trials. "
        "BMJ 2011;343:d4002.",
        "10.1136/bmj.d4002",
    ),
    "duval2000": Reference(
        "Duval and Tweedie 2000",
        "Duval S, Tweedie R. Trim and fill: a simple funnel-plot-based method of testing and "
        "adjusting for publication bias in meta-analysis. Biometrics 2000;56:455–63.",
        "10.1111/j.0006-341X.2000.00455.x",
    ),
    "vevea1995": Reference(
        "Vevea and Hedges 1995",
        "Vevea JL, Hedges LV. A general linear model for estimating effect size in the presence "
        "of publication bias. Psychometrika 1995;60:419–35.",
        "10.1007/BF02294384",
    ),
    "stanley2014": Reference(
        "Stanley and Doucouliagos 2014",
        "Stanley TD, Doucouliagos H. Meta-regression approximations to reduce publication "
        "selection bias. Res Synth Methods 2014;5:60–78.",
        "10.1002/jrsm.1095",
    ),
    "olkin2012": Reference(
        "Olkin 2012",
        "Olkin I, Dahabreh IJ, Trikalinos TA. GOSH – a graphical display of study heterogeneity. "
        "Res Synth Methods 2012;3:214–23.",
        "10.1002/jrsm.1053",
    ),
    "steegen2016": Reference(
        "Steegen 2016",
        "Steegen S, Tuerlinckx F, Gelman A, Vanpaemel W. Increasing transparency through a "
        "multiverse analysis. Perspect Psychol Sci 2016;11:702–12.",
        "10.1177/1745691616658637",
    ),
    "rucker2014": Reference(
        "Rücker and Schwarzer 2014",
        "Rücker G, Schwarzer G. Reduce dimension or reduce weights? Comparing two approaches to "
        "multi-arm studies in network meta-analysis. Stat Med 2014;33:4353–69.",
        "10.1002/sim.6236",
    ),
    "rucker2015": Reference(
        "Rücker and Schwarzer 2015",
        "Rücker G, Schwarzer G. Ranking treatments in frequentist network meta-analysis works "
        "without resampling methods. BMC Med Res Methodol 2015;15:58.",
        "10.1186/s12874-015-0060-8",
    ),
    "krahn2013": Reference(
        "Krahn 2013",
        "Krahn U, Binder H, König J. A graphical tool for locating inconsistency in network "
        "meta-analyses. BMC Med Res Methodol 2013;13:35.",
        "10.1186/1471-2288-13-35",
    ),
    "papakonstantinou2018": Reference(
        "Papakonstantinou 2018",
        "Papakonstantinou T, Nikolakopoulou A, Rücker G, et al. Estimating the contribution of "
        "studies in network meta-analysis: paths, flows and streams. F1000Research 2018;7:610.",
        "10.12688/f1000research.14770.3",
    ),
}
