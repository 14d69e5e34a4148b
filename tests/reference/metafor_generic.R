# Reference numbers for tests/pooling from the R package metafor.
#
# Run from the project root:  Rscript tests/reference/metafor_generic.R
# It writes tests/reference/metafor_generic.json with 17 significant digits and
# the versions it ran with. Inputs are written too, so that both programs work
# on the same doubles.
suppressMessages(library(metafor))

# Fisher scoring as tight as rounding lets it: where the step never gets below
# 1e-14 (large variances), the next threshold that converges.
tight_fit <- function(yi, vi, mods = NULL, method, test = "z") {
  for (threshold in 10^-(14:9)) for (stepadj in c(1, 0.5)) {
    control <- list(threshold = threshold, tol = 1e-14, maxiter = 10000, stepadj = stepadj)
    # rma() refuses a variable that holds NULL, so absent moderators are left out.
    arguments <- list(yi = yi, vi = vi, method = method, test = test, control = control)
    if (!is.null(mods)) arguments$mods <- mods
    fit <- tryCatch(do.call(rma, arguments), error = function(e) e)
    if (!inherits(fit, "error")) return(fit)
  }
  stop(fit)
}
output <- "tests/reference/metafor_generic.json"

# A JSON writer of a few lines: jsonlite stops at 15 significant digits.
json <- function(x, indent = "") {
  inner <- paste0(indent, " ")
  if (is.list(x)) {
    body <- mapply(function(name, value) paste0(inner, "\"", name, "\": ", json(value, inner)),
                   names(x), x)
    return(paste0("{\n", paste(body, collapse = ",\n"), "\n", indent, "}"))
  }
  if (is.character(x)) one <- paste0("\"", x, "\"")
  else one <- ifelse(is.na(x), "null", sprintf("%.17g", x))
  if (length(x) == 1 && is.null(attr(x, "vector"))) one
  else paste0("[", paste(one, collapse = ", "), "]")
}
as_vector <- function(x) structure(x, vector = TRUE)

mean_of <- function(fit) {
  p <- predict(fit)
  list(estimate = fit$beta[1], se = fit$se[1], ci_lower = fit$ci.lb[1], ci_upper = fit$ci.ub[1],
       p_value = fit$pval[1],
       pi_lower = if (is.null(p$pi.lb)) NA else p$pi.lb[1],
       pi_upper = if (is.null(p$pi.ub)) NA else p$pi.ub[1])
}

# Fit once for tau2; the intervals then take that tau2, so that they are compared
# free of what is left of metafor's iteration.
one_method <- function(yi, vi, method) {
  fit <- tight_fit(yi, vi, method = method)
  again <- function(test) {
    if (method == "EE") rma(yi, vi, method = "EE", test = test)
    else rma(yi, vi, method = method, tau2 = fit$tau2, test = test)
  }
  wald <- again("z")
  # Higgins, Thompson and Spiegelhalter 2009 written out, on metafor's tau2 and SE.
  k <- length(yi)
  half <- if (k < 3) NA else qt(0.975, k - 2) * sqrt(fit$tau2 + wald$se^2)
  list(tau2 = fit$tau2, tau2_se = if (method == "EE") NA else fit$se.tau2,
       i2 = fit$I2, h2 = fit$H2, q = fit$QE, q_p_value = fit$QEp,
       weights = as_vector(as.numeric(weights(wald)) / 100),
       "wald" = mean_of(wald), "hk" = mean_of(again("knha")), "hk-adhoc" = mean_of(again("adhoc")),
       hts = list(pi_lower = wald$beta[1] - half, pi_upper = wald$beta[1] + half))
}

one_set <- function(source, yi, vi) {
  keep <- !is.na(yi) & !is.na(vi)
  yi <- as.numeric(yi[keep]); vi <- as.numeric(vi[keep])
  profile <- confint(tight_fit(yi, vi, method = "REML"),
                     control = list(tol = 1e-14, maxiter = 10000, tau2.max = 1e6))$random[1, ]
  methods <- c(REML = "REML", ML = "ML", DL = "DL", PM = "PM", CE = "EE")
  list(source = source, yi = as_vector(yi), vi = as_vector(vi),
       tau2_ci_lower = profile[["ci.lb"]], tau2_ci_upper = profile[["ci.ub"]],
       methods = lapply(methods, function(m) one_method(yi, vi, m)))
}

one_test <- function(source, yi, vi, group) {
  keep <- !is.na(yi) & !is.na(vi) & !is.na(group)
  yi <- as.numeric(yi[keep]); vi <- as.numeric(vi[keep]); group <- as.character(group[keep])
  design <- model.matrix(~ factor(group))[, -1, drop = FALSE]
  common <- lapply(c(REML = "REML", ML = "ML", DL = "DL"), function(m) {
    f <- tight_fit(yi, vi, mods = design, method = m, test = "knha")
    # QM of the plain test under the same tau2.
    q <- rma(yi, vi, mods = design, method = m, tau2 = f$tau2)
    list(tau2 = f$tau2, f = f$QM, f_df1 = f$QMdf[1], f_df2 = f$QMdf[2], f_p_value = f$QMp,
         q = q$QM, q_p_value = q$QMp)
  })
  # Separate tau2: pool each group, then compare the means as fixed.
  each <- lapply(unique(group), function(g) {
    if (sum(group == g) == 1) rma(yi[group == g], vi[group == g], method = "EE")
    else tight_fit(yi[group == g], vi[group == g], method = "REML")
  })
  means <- sapply(each, function(f) f$beta[1])
  ses <- sapply(each, function(f) f$se[1])
  between <- rma(means, ses^2, method = "EE")
  list(source = source, yi = as_vector(yi), vi = as_vector(vi), group = as_vector(group),
       common = common,
       separate = list(tau2 = as_vector(sapply(each, function(f) f$tau2)),
                       q = between$QE, q_p_value = between$QEp))
}

bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
normand <- escalc(measure = "MD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i,
                  n2i = n2i, data = dat.normand1999)
molloy <- escalc(measure = "ZCOR", ri = ri, ni = ni, data = dat.molloy2014)
li <- escalc(measure = "OR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = dat.li2007)
egger <- escalc(measure = "OR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = dat.egger2001)
linde <- escalc(measure = "RR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = dat.linde2005)
pignon <- transform(dat.pignon2000, yi = OmE / V, vi = 1 / V)
riley <- subset(dat.riley2003, outcome == "OS")
own <- ifelse(seq_len(13) == 1, "own", as.character(dat.bcg$alloc))

sets <- list(
  bcg = one_set("dat.bcg, log risk ratio", bcg$yi, bcg$vi),
  normand1999 = one_set("dat.normand1999, mean difference in days", normand$yi, normand$vi),
  hackshaw1998 = one_set("dat.hackshaw1998, log odds ratio", dat.hackshaw1998$yi, dat.hackshaw1998$vi),
  konstantopoulos2011 = one_set("dat.konstantopoulos2011, schools taken as independent",
                                dat.konstantopoulos2011$yi, dat.konstantopoulos2011$vi),
  molloy2014 = one_set("dat.molloy2014, Fisher's z", molloy$yi, molloy$vi),
  raudenbush1985 = one_set("dat.raudenbush1985", dat.raudenbush1985$yi, dat.raudenbush1985$vi),
  bangertdrowns2004 = one_set("dat.bangertdrowns2004", dat.bangertdrowns2004$yi,
                              dat.bangertdrowns2004$vi),
  li2007 = one_set("dat.li2007, log odds ratio", li$yi, li$vi),
  egger2001 = one_set("dat.egger2001, log odds ratio", egger$yi, egger$vi),
  linde2005 = one_set("dat.linde2005, log risk ratio", linde$yi, linde$vi),
  pignon2000 = one_set("dat.pignon2000, log hazard ratio from O - E and V", pignon$yi, pignon$vi),
  riley2003_os = one_set("dat.riley2003, overall survival, log hazard ratio", riley$yi, riley$vi),
  two_trials = one_set("two log hazard ratios that agree",
                       c(-0.755022584278033, -0.616186139423817), c(0.0289, 0.01)),
  two_apart = one_set("two log hazard ratios that do not", log(c(0.45, 1.1)), c(0.02, 0.03)),
  three_trials = one_set("three log hazard ratios",
                         c(-0.478035800943, -0.371063681390832, -0.0943106794712413),
                         c(0.009604, 0.006561, 0.0121)),
  one_dominates = one_set("one trial with 99 % of the common-effect weight",
                          c(-0.2, 0.4, -0.9, 0.1), c(0.0004, 0.2, 0.15, 0.3))
)

tests <- list(
  bcg_alloc = one_test("dat.bcg by allocation", bcg$yi, bcg$vi, bcg$alloc),
  bcg_own = one_test("dat.bcg by allocation, the first trial a group of its own", bcg$yi, bcg$vi, own),
  hackshaw_design = one_test("dat.hackshaw1998 by design", dat.hackshaw1998$yi,
                             dat.hackshaw1998$vi, dat.hackshaw1998$design),
  bangertdrowns_grade = one_test("dat.bangertdrowns2004 by grade", dat.bangertdrowns2004$yi,
                                 dat.bangertdrowns2004$vi, dat.bangertdrowns2004$grade),
  pignon_group = one_test("dat.pignon2000 by timing of chemotherapy", pignon$yi, pignon$vi, pignon$grp),
  three_in_two = one_test("three trials in two groups", c(-0.5, -0.1, -0.3), c(0.02, 0.03, 0.01),
                          c("a", "a", "b"))
)

versions <- list(R = paste(R.version$major, R.version$minor, sep = "."),
                 metafor = as.character(packageVersion("metafor")),
                 metadat = as.character(packageVersion("metadat")))
writeLines(json(list(versions = versions, sets = sets, tests = tests)), output)
