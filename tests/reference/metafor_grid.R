# Reference grid for tests/pooling: every estimator of tau2 on many data sets.
#
# Run from the project root:  Rscript tests/reference/metafor_grid.R
# It writes tests/reference/metafor_grid.json with 17 significant digits and the
# versions it ran with. Inputs are written too, once per data set, so that both
# programs work on the same doubles.
#
# Cells of a data set: 11 estimators x 3 tests (z, knha, adhoc). The fits of a
# row take the tau2 of its estimator, so that what follows from tau2 is compared
# free of what is left of the iteration. A row is
#   tau2, se.tau2, I2, H2
# and a cell
#   estimate, se, ci.lb, ci.ub, p, pi.lb, pi.ub
suppressMessages(library(metafor))
output <- "tests/reference/metafor_grid.json"
tau2_max <- 1e8

# As tight as rounding lets the iteration be: where the step never gets below
# 1e-14, the next threshold that converges.
tight_fit <- function(yi, vi, method, ...) {
  for (threshold in 10^-(14:9)) for (stepadj in c(1, 0.5)) {
    control <- list(threshold = threshold, tol = 1e-14, maxiter = 10000, stepadj = stepadj,
                    tau2.max = tau2_max)
    fit <- tryCatch(rma(yi, vi, method = method, control = control, ...), error = function(e) e)
    if (!inherits(fit, "error")) return(fit)
  }
  stop(fit)
}

number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
vector <- function(x) paste0("[", paste(number(as.numeric(x)), collapse = ","), "]")
object <- function(values, sep = "") {
  paste0("{", paste0("\"", names(values), "\":", sep, unlist(values), collapse = paste0(",", sep)), "}")
}

mean_of <- function(fit) {
  p <- predict(fit)
  vector(c(fit$beta[1], fit$se[1], fit$ci.lb[1], fit$ci.ub[1], fit$pval[1],
           if (is.null(p$pi.lb)) NA else p$pi.lb[1], if (is.null(p$pi.ub)) NA else p$pi.ub[1]))
}

estimate <- function(yi, vi, method) {
  if (method == "DL2") {
    # DerSimonian and Kacker's second step: generalised Q with the weights of the first.
    first <- rma(yi, vi, method = "DL")$tau2
    return(rma(yi, vi, method = "GENQ", weights = 1 / (vi + first)))
  }
  tight_fit(yi, vi, if (method == "CE") "EE" else method)
}

row_of <- function(yi, vi, method) {
  fit <- estimate(yi, vi, method)
  tests <- sapply(c("z", "knha", "adhoc"), function(test) {
    again <- if (method == "CE") rma(yi, vi, method = "EE", test = test)
             else rma(yi, vi, method = "DL", tau2 = fit$tau2, test = test)
    mean_of(again)
  })
  object(c(tau2 = vector(c(fit$tau2, if (method == "CE") NA else fit$se.tau2, fit$I2, fit$H2)),
           tests))
}

interval <- function(yi, vi, method, type) {
  fit <- tight_fit(yi, vi, method)
  found <- confint(fit, type = type,
                   control = list(tol = 1e-14, maxiter = 10000, tau2.max = tau2_max))$random
  vector(found[c("tau^2", "I^2(%)", "H^2"), c("ci.lb", "ci.ub")])
}

methods <- c("REML", "ML", "DL", "DL2", "PM", "EB", "HE", "HS", "HSk", "SJ", "CE")

one_set <- function(source, yi, vi) {
  keep <- !is.na(yi) & !is.na(vi) & vi > 0
  yi <- as.numeric(yi[keep]); vi <- as.numeric(vi[keep])
  null <- rma(yi, vi, method = "EE")
  object(c(source = paste0("\"", source, "\""), yi = vector(yi), vi = vector(vi),
           q = vector(c(null$QE, null$QEp)),
           qp = interval(yi, vi, "REML", "QP"),
           pl_REML = interval(yi, vi, "REML", "PL"),
           pl_ML = interval(yi, vi, "ML", "PL"),
           object(sapply(methods, function(m) row_of(yi, vi, m)), sep = "\n  ")
           ) |> (\(x) { names(x)[length(x)] <- "methods"; x })(), sep = "\n ")
}

es <- function(...) escalc(...)[c("yi", "vi")]
two <- function(measure, data, ai, n1i, ci, n2i) {
  es(measure = measure, ai = data[[ai]], n1i = data[[n1i]], ci = data[[ci]], n2i = data[[n2i]])
}
own <- function(data, yi = "yi", vi = "vi") data.frame(yi = data[[yi]], vi = data[[vi]])
means <- function(measure, data) {
  es(measure = measure, m1i = data$m1i, sd1i = data$sd1i, n1i = data$n1i,
     m2i = data$m2i, sd2i = data$sd2i, n2i = data$n2i)
}
cor <- function(data, ri = "ri", ni = "ni") es(measure = "ZCOR", ri = data[[ri]], ni = data[[ni]])

b <- dat.bcg
bourassa <- dat.bourassa1996
fine <- subset(dat.fine1993, !is.na(e2i) & !is.na(c2i))
hart <- dat.hart1999
niel8 <- dat.nielweise2008
vanhowe <- dat.vanhowe1999
land <- dat.landenberger2005
riley <- dat.riley2003
yusuf <- subset(dat.yusuf1985, table == 6)
damico <- dat.damico2009

sets <- list(
  bcg_rr = list("dat.bcg, log risk ratio", es(measure = "RR", ai = b$tpos, bi = b$tneg, ci = b$cpos, di = b$cneg)),
  bcg_or = list("dat.colditz1994, log odds ratio", es(measure = "OR", ai = b$tpos, bi = b$tneg, ci = b$cpos, di = b$cneg)),
  bcg_rd = list("dat.bcg, risk difference", es(measure = "RD", ai = b$tpos, bi = b$tneg, ci = b$cpos, di = b$cneg)),
  anand1999 = list("dat.anand1999, log odds ratio", two("OR", dat.anand1999, "ai", "n1i", "ci", "n2i")),
  assink2016 = list("dat.assink2016, taken as independent", own(dat.assink2016)),
  axfors2021 = list("dat.axfors2021, log odds ratio", two("OR", dat.axfors2021, "hcq_arm_event", "hcq_arm_total", "control_arm_event", "control_arm_total")),
  bangertdrowns2004 = list("dat.bangertdrowns2004", own(dat.bangertdrowns2004)),
  baskerville2012 = list("dat.baskerville2012", with(dat.baskerville2012, data.frame(yi = smd, vi = se^2))),
  begg1989 = list("dat.begg1989, all arms", own(dat.begg1989)),
  berkey1998_pd = list("dat.berkey1998, probing depth", own(subset(dat.berkey1998, outcome == "PD"))),
  berkey1998_al = list("dat.berkey1998, attachment level", own(subset(dat.berkey1998, outcome == "AL"))),
  bourassa1996 = list("dat.bourassa1996, log odds ratio", es(measure = "OR", ai = bourassa$lh.le, bi = bourassa$lh.re, ci = bourassa$rh.le, di = bourassa$rh.re)),
  bornmann2007 = list("dat.bornmann2007, log odds ratio", two("OR", dat.bornmann2007, "waward", "wtotal", "maward", "mtotal")),
  cannon2006 = list("dat.cannon2006, first endpoint, log odds ratio", two("OR", dat.cannon2006, "ep1t", "nt", "ep1c", "nc")),
  cohen1981 = list("dat.cohen1981, Fisher's z", cor(dat.cohen1981)),
  collins1985a = list("dat.collins1985a, log odds ratio", two("OR", dat.collins1985a, "b.xti", "nti", "b.xci", "nci")),
  collins1985b = list("dat.collins1985b, pre-eclampsia, log odds ratio", two("OR", dat.collins1985b, "pre.xti", "pre.nti", "pre.xci", "pre.nci")),
  craft2003 = list("dat.craft2003, Fisher's z, taken as independent", cor(dat.craft2003)),
  crede2010 = list("dat.crede2010, Fisher's z, taken as independent", cor(dat.crede2010)),
  curtis1998 = list("dat.curtis1998, log ratio of means", means("ROM", dat.curtis1998)),
  damico2009 = list("dat.damico2009, log odds ratio", two("OR", damico, "xt", "nt", "xc", "nc")),
  debruin2009 = list("dat.debruin2009, logit", es(measure = "PLO", xi = dat.debruin2009$xi, ni = dat.debruin2009$ni)),
  dorn2007 = list("dat.dorn2007, log odds ratio", two("OR", dat.dorn2007, "x.a", "n.a", "x.p", "n.p")),
  egger2001 = list("dat.egger2001, log odds ratio", two("OR", dat.egger2001, "ai", "n1i", "ci", "n2i")),
  fine1993 = list("dat.fine1993, two years, log odds ratio", two("OR", fine, "e2i", "nei", "c2i", "nci")),
  gibson2002 = list("dat.gibson2002, standardised mean difference", means("SMD", dat.gibson2002)),
  graves2010 = list("dat.graves2010, log odds ratio", two("OR", dat.graves2010, "ai", "n1i", "ci", "n2i")),
  hackshaw1998 = list("dat.hackshaw1998, log odds ratio", own(dat.hackshaw1998)),
  hahn2001 = list("dat.hahn2001, log risk ratio", two("RR", dat.hahn2001, "ai", "n1i", "ci", "n2i")),
  hannum2020 = list("dat.hannum2020, logit", es(measure = "PLO", xi = dat.hannum2020$xi, ni = dat.hannum2020$ni)),
  hart1999 = list("dat.hart1999, log incidence rate ratio", es(measure = "IRR", x1i = hart$x1i, t1i = hart$t1i, x2i = hart$x2i, t2i = hart$t2i)),
  hartmannboyce2018 = list("dat.hartmannboyce2018, log risk ratio", two("RR", dat.hartmannboyce2018, "x.nrt", "n.nrt", "x.ctrl", "n.ctrl")),
  hine1989 = list("dat.hine1989, risk difference", two("RD", dat.hine1989, "ai", "n1i", "ci", "n2i")),
  hine1989_or = list("dat.hine1989, log odds ratio", two("OR", dat.hine1989, "ai", "n1i", "ci", "n2i")),
  ishak2007 = list("dat.ishak2007, first time", own(dat.ishak2007, "y1i", "v1i")),
  ishak2007_year = list("dat.ishak2007, third time", own(dat.ishak2007, "y3i", "v3i")),
  kalaian1996_verbal = list("dat.kalaian1996, verbal", own(subset(dat.kalaian1996, outcome == "verbal"))),
  kalaian1996_math = list("dat.kalaian1996, math", own(subset(dat.kalaian1996, outcome == "math"))),
  knapp2017 = list("dat.knapp2017, taken as independent", own(dat.knapp2017)),
  konstantopoulos2011 = list("dat.konstantopoulos2011, schools taken as independent", own(dat.konstantopoulos2011)),
  landenberger2005 = list("dat.landenberger2005, log odds ratio", es(measure = "OR", ai = land$n.cbt.rec, bi = land$n.cbt.non, ci = land$n.ctrl.rec, di = land$n.ctrl.non)),
  laopaiboon2015 = list("dat.laopaiboon2015, log risk ratio", two("RR", dat.laopaiboon2015, "ai", "n1i", "ci", "n2i")),
  lau1992 = list("dat.lau1992, log odds ratio", two("OR", dat.lau1992, "ai", "n1i", "ci", "n2i")),
  lee2004 = list("dat.lee2004, log odds ratio", two("OR", dat.lee2004, "ai", "n1i", "ci", "n2i")),
  li2007 = list("dat.li2007, log odds ratio", two("OR", dat.li2007, "ai", "n1i", "ci", "n2i")),
  linde2005 = list("dat.linde2005, log risk ratio", two("RR", dat.linde2005, "ai", "n1i", "ci", "n2i")),
  linde2016 = list("dat.linde2016, taken as one comparison", with(dat.linde2016, data.frame(yi = lnOR, vi = selnOR^2))),
  lopez2019 = list("dat.lopez2019, differences with a standard error", with(dat.lopez2019, data.frame(yi = diff, vi = se^2))),
  mcdaniel1994 = list("dat.mcdaniel1994, Fisher's z", cor(dat.mcdaniel1994)),
  michael2013 = list("dat.michael2013", own(dat.michael2013)),
  molloy2014 = list("dat.molloy2014, Fisher's z", cor(dat.molloy2014)),
  nakagawa2007 = list("dat.nakagawa2007, Fisher's z", cor(dat.nakagawa2007, "Correlation", "SampleSize")),
  nielweise2007 = list("dat.nielweise2007, log odds ratio", two("OR", dat.nielweise2007, "ai", "n1i", "ci", "n2i")),
  nielweise2008 = list("dat.nielweise2008, log incidence rate ratio", es(measure = "IRR", x1i = niel8$x1i, t1i = niel8$t1i, x2i = niel8$x2i, t2i = niel8$t2i)),
  normand1999 = list("dat.normand1999, mean difference in days", means("MD", dat.normand1999)),
  normand1999_smd = list("dat.normand1999, standardised mean difference", means("SMD", dat.normand1999)),
  pignon2000 = list("dat.pignon2000, log hazard ratio from O - E and V", with(dat.pignon2000, data.frame(yi = OmE / V, vi = 1 / V))),
  pritz1997 = list("dat.pritz1997, logit", es(measure = "PLO", xi = dat.pritz1997$xi, ni = dat.pritz1997$ni)),
  raudenbush1985 = list("dat.raudenbush1985", own(dat.raudenbush1985)),
  riley2003_os = list("dat.riley2003, overall survival", own(subset(riley, outcome == "OS"))),
  riley2003_dfs = list("dat.riley2003, disease-free survival", own(subset(riley, outcome == "DFS"))),
  tannersmith2016 = list("dat.tannersmith2016, taken as independent", own(dat.tannersmith2016)),
  vanhowe1999 = list("dat.vanhowe1999, log odds ratio", es(measure = "OR", ai = vanhowe$non.pos, bi = vanhowe$non.neg, ci = vanhowe$cir.pos, di = vanhowe$cir.neg)),
  viechtbauer2021 = list("dat.viechtbauer2021, log odds ratio", two("OR", dat.viechtbauer2021, "xTi", "nTi", "xCi", "nCi")),
  yusuf1985 = list("dat.yusuf1985, table 6, log odds ratio", two("OR", yusuf, "ai", "n1i", "ci", "n2i")),
  two_apart = list("two log hazard ratios that do not agree", data.frame(yi = log(c(0.45, 1.1)), vi = c(0.02, 0.03))),
  one_dominates = list("one trial with 99 % of the common-effect weight", data.frame(yi = c(-0.2, 0.4, -0.9, 0.1), vi = c(0.0004, 0.2, 0.15, 0.3)))
)

versions <- object(c(R = paste0("\"", R.version$major, ".", R.version$minor, "\""),
                     metafor = paste0("\"", packageVersion("metafor"), "\""),
                     metadat = paste0("\"", packageVersion("metadat"), "\"")))
bodies <- sapply(sets, function(s) {
  suppressWarnings(one_set(s[[1]], s[[2]]$yi, s[[2]]$vi))
})
writeLines(paste0("{\"versions\":", versions, ",\n\"sets\":", object(bodies, sep = "\n"), "}"), output)
