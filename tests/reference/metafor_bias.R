# Reference numbers for small-study effects (tests/sensitivity) from the R package metafor.
#
# Run from the project root:  Rscript tests/reference/metafor_bias.R
# It writes tests/reference/metafor_bias.json with 17 significant digits and the
# versions it ran with. Inputs are written too, so that both programs work on
# the same doubles.
suppressMessages(library(metafor))
output <- "tests/reference/metafor_bias.json"

# A JSON writer of a few lines: jsonlite stops at 15 significant digits.
json <- function(x, indent = "") {
  inner <- paste0(indent, " ")
  if (is.null(x)) return("null")
  if (is.list(x)) {
    if (is.null(names(x)))
      return(paste0("[", paste(vapply(x, json, "", indent = inner), collapse = ", "), "]"))
    body <- mapply(function(name, value) paste0(inner, "\"", name, "\": ", json(value, inner)),
                   names(x), x)
    return(paste0("{\n", paste(body, collapse = ",\n"), "\n", indent, "}"))
  }
  if (is.character(x)) one <- paste0("\"", x, "\"")
  else if (is.logical(x)) one <- ifelse(is.na(x), "null", ifelse(x, "true", "false"))
  else one <- ifelse(is.finite(x), sprintf("%.17g", x), "null")
  if (length(x) == 1 && is.null(attr(x, "vector"))) one
  else paste0("[", paste(one, collapse = ", "), "]")
}
vec <- function(x) structure(as.numeric(x), vector = TRUE)

# As tight as rounding lets the iteration, else the next threshold that converges.
tight <- function(use) {
  for (threshold in 10^-(14:6)) for (stepadj in c(1, 0.5)) {
    control <- list(threshold = threshold, tol = 1e-14, maxiter = 10000, stepadj = stepadj)
    # The variance of k0 can come out below 0; that is not a failure to converge.
    found <- tryCatch(withCallingHandlers(use(control), warning = function(w)
      if (grepl("NaN", conditionMessage(w))) invokeRestart("muffleWarning")),
      error = function(e) e, warning = function(w) w)
    if (!inherits(found, "condition")) return(found)
  }
  stop("no threshold converges: ", conditionMessage(found))
}

predictors <- function(ni) if (is.null(ni)) c("sei", "vi") else
  c("sei", "vi", "ni", "ninv", "sqrtni", "sqrtninv")

regression_tests <- function(yi, vi, ni) {
  one <- function(model, predictor, method, test) {
    found <- tight(function(control) {
      whole <- if (is.null(ni)) rma(yi, vi, method = method, test = test, control = control)
               else rma(yi, vi, ni = ni, method = method, test = test, control = control)
      regtest(whole, model = model, predictor = predictor, ret.fit = TRUE)
    })
    fit <- found$fit
    lm_form <- inherits(fit, "lm")
    table <- if (lm_form) summary(fit)$coefficients else NULL
    list(model = model, predictor = predictor, method = method, test = test,
         statistic = found$zval, df = if (is.null(found$dfs)) NA else found$dfs, p_value = found$pval,
         limit = if (is.null(found$est)) NA else found$est,
         limit_lower = if (is.null(found$ci.lb)) NA else found$ci.lb,
         limit_upper = if (is.null(found$ci.ub)) NA else found$ci.ub,
         intercept = if (lm_form) table[1, 1] else fit$beta[1], slope = if (lm_form) table[2, 1] else fit$beta[2],
         slope_se = if (lm_form) table[2, 2] else fit$se[2],
         tau2 = if (lm_form) NA else fit$tau2)
  }
  cases <- list()
  for (p in predictors(ni)) {
    cases <- c(cases, list(one("lm", p, "REML", "z")))
    for (m in c("REML", "DL", "ML", "FE")) cases <- c(cases, list(one("rma", p, m, "z")))
    cases <- c(cases, list(one("rma", p, "REML", "knha")))
  }
  cases
}

rank_test <- function(yi, vi) {
  found <- suppressWarnings(ranktest(yi, vi))
  list(tau = as.numeric(found$tau), p_value = found$pval)
}

fill <- function(yi, vi) {
  cases <- list()
  for (method in c("FE", "REML", "DL")) for (estimator in c("L0", "R0")) for (side in c("auto", "left", "right")) {
    found <- tight(function(control) {
      fit <- rma(yi, vi, method = method, control = control)
      if (side == "auto") trimfill(fit, estimator = estimator)
      else trimfill(fit, estimator = estimator, side = side)
    })
    added <- found$fill
    cases <- c(cases, list(list(
      method = method, estimator = estimator, asked = side, side = found$side, k0 = found$k0,
      se_k0 = found$se.k0, p_k0 = if (is.null(found$p.k0)) NA else found$p.k0,
      filled_yi = vec(sort(found$yi[added])), estimate = found$beta[1], se = found$se,
      ci_lower = found$ci.lb, ci_upper = found$ci.ub, tau2 = found$tau2)))
  }
  cases
}

select <- function(yi, vi, alternatives, steps) {
  cases <- list()
  for (alternative in alternatives) for (at in steps) {
    # The best of several optimisers, each run to its own limit.
    best <- NULL
    for (opt in list(list(optimizer = "nlminb", rel.tol = 1e-14, x.tol = 1e-14, iter.max = 5000, eval.max = 5000),
                     list(optimizer = "optim", optmethod = "BFGS", reltol = 1e-15, maxit = 5000),
                     list(optimizer = "Nelder-Mead", reltol = 1e-15, maxit = 50000))) {
      found <- tryCatch(suppressWarnings({
        fit <- tight(function(control) rma(yi, vi, method = "ML", control = control))
        selmodel(fit, type = "stepfun", alternative = alternative, steps = at, control = opt)
      }), error = function(e) NULL)
      if (!is.null(found) && (is.null(best) || logLik(found) > logLik(best))) best <- found
    }
    if (is.null(best)) next
    cases <- c(cases, list(list(
      alternative = alternative, steps = vec(at), counts = vec(best$ptable$k),
      estimate = best$beta[1], se = best$se[1], tau2 = best$tau2, tau2_se = best$se.tau2,
      weights = vec(best$delta), weights_se = vec(best$se.delta),
      log_likelihood = as.numeric(logLik(best)), lrt = best$LRT, lrt_df = best$LRTdf, lrt_p = best$LRTp)))
  }
  cases
}

one_set <- function(source, yi, vi, ni = NULL, alternatives = "greater", steps = list(0.025)) {
  keep <- !is.na(yi) & !is.na(vi)
  yi <- as.numeric(yi[keep]); vi <- as.numeric(vi[keep])
  if (!is.null(ni)) ni <- as.numeric(ni[keep])
  cat(source, "\n")
  list(source = source, yi = vec(yi), vi = vec(vi), ni = if (is.null(ni)) NULL else vec(ni),
       regression = regression_tests(yi, vi, ni), rank = rank_test(yi, vi), trim_and_fill = fill(yi, vi),
       selection = select(yi, vi, alternatives, steps))
}

# Odds ratios of counts: Harbord's and Peters' regressions written out with lm().
counts <- function(source, ai, n1i, ci, n2i) {
  ai <- as.numeric(ai); n1i <- as.numeric(n1i); ci <- as.numeric(ci); n2i <- as.numeric(n2i)
  m <- ai + ci; n <- n1i + n2i
  z <- ai - m * n1i / n
  v <- n1i * n2i * m * (n - m) / (n^2 * (n - 1))
  harbord <- summary(lm(I(z / sqrt(v)) ~ sqrt(v)))$coefficients
  or <- escalc(measure = "OR", ai = ai, n1i = n1i, ci = ci, n2i = n2i)
  peters <- summary(lm(or$yi ~ I(1 / n), weights = 1 / (1 / m + 1 / (n - m))))$coefficients
  row <- function(x, i) list(estimate = x[i, 1], se = x[i, 2], statistic = x[i, 3], p_value = x[i, 4])
  list(source = source, ai = vec(ai), n1i = vec(n1i), ci = vec(ci), n2i = vec(n2i),
       harbord = row(harbord, 1), peters = row(peters, 2))
}

bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
normand <- escalc(measure = "MD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i,
                  n2i = n2i, data = dat.normand1999)
molloy <- escalc(measure = "ZCOR", ri = ri, ni = ni, data = dat.molloy2014)
li <- escalc(measure = "OR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = dat.li2007)
egger <- escalc(measure = "OR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = dat.egger2001)
linde <- escalc(measure = "RR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = dat.linde2005)
pignon <- transform(dat.pignon2000, yi = OmE / V, vi = 1 / V)
hack <- dat.hackshaw1998

sets <- list(
  bcg = one_set("dat.bcg, log risk ratio", bcg$yi, bcg$vi, with(dat.bcg, tpos + tneg + cpos + cneg),
                "less", list(0.025, 0.05, c(0.025, 0.5))),
  normand1999 = one_set("dat.normand1999, mean difference in days", normand$yi, normand$vi,
                        with(dat.normand1999, n1i + n2i), "less", list(0.025, 0.5)),
  hackshaw1998 = one_set("dat.hackshaw1998, log odds ratio", hack$yi, hack$vi, NULL,
                         c("greater", "less"), list(0.025, 0.05, c(0.025, 0.1, 0.5), c(0.025, 0.5))),
  molloy2014 = one_set("dat.molloy2014, Fisher's z", molloy$yi, molloy$vi, molloy$ni,
                       "greater", list(0.025, c(0.025, 0.5))),
  raudenbush1985 = one_set("dat.raudenbush1985", dat.raudenbush1985$yi, dat.raudenbush1985$vi,
                           with(dat.raudenbush1985, n1i + n2i), "greater", list(0.025, 0.05, c(0.05, 0.5))),
  bangertdrowns2004 = one_set("dat.bangertdrowns2004", dat.bangertdrowns2004$yi, dat.bangertdrowns2004$vi,
                              dat.bangertdrowns2004$ni, "greater", list(0.025, c(0.025, 0.5), c(0.01, 0.05, 0.5))),
  li2007 = one_set("dat.li2007, log odds ratio", li$yi, li$vi, with(dat.li2007, n1i + n2i),
                   "less", list(0.025, 0.05, c(0.025, 0.5))),
  egger2001 = one_set("dat.egger2001, log odds ratio", egger$yi, egger$vi, with(dat.egger2001, n1i + n2i),
                      "less", list(0.025, 0.05, c(0.05, 0.5))),
  linde2005 = one_set("dat.linde2005, log risk ratio", linde$yi, linde$vi, with(dat.linde2005, n1i + n2i),
                      "greater", list(0.025, c(0.025, 0.5))),
  pignon2000 = one_set("dat.pignon2000, log hazard ratio from O - E and V", pignon$yi, pignon$vi, NULL,
                       "less", list(0.025, c(0.025, 0.5)))
)
tables <- list(
  egger2001 = with(dat.egger2001, counts("dat.egger2001", ai, n1i, ci, n2i)),
  linde2005 = with(dat.linde2005[!is.na(dat.linde2005$ai), ], counts("dat.linde2005", ai, n1i, ci, n2i)),
  bcg = with(dat.bcg, counts("dat.bcg", tpos, tpos + tneg, cpos, cpos + cneg)),
  collins1985a = with(na.omit(dat.collins1985a[c("b.xti", "nti", "b.xci", "nci")]),
                      counts("dat.collins1985a, total mortality", b.xti, nti, b.xci, nci))
)

versions <- list(R = paste(R.version$major, R.version$minor, sep = "."),
                 metafor = as.character(packageVersion("metafor")),
                 metadat = as.character(packageVersion("metadat")))
small <- rma(yi, vi, data = normand, method = "DL")
g <- suppressWarnings(gosh(small, progbar = FALSE))
subsets <- list(source = "gosh() of dat.normand1999, DL", incl = lapply(seq_len(nrow(g$incl)), function(i) vec(as.integer(g$incl[i, ]))),
                estimate = vec(g$res$estimate), tau2 = vec(g$res$tau2), i2 = vec(g$res$I2), q = vec(g$res$QE))
writeLines(json(list(versions = versions, sets = sets, counts = tables, gosh = subsets)), output)
