# Reference numbers for tests/sensitivity from the R package metafor.
#
# Run from the project root:  Rscript tests/reference/metafor_sensitivity.R
# It writes tests/reference/metafor_sensitivity.json with 17 significant digits
# and the versions it ran with. Inputs are written too, so that both programs
# work on the same doubles.
suppressMessages(library(metafor))
output <- "tests/reference/metafor_sensitivity.json"

# A JSON writer of a few lines: jsonlite stops at 15 significant digits.
json <- function(x, indent = "") {
  inner <- paste0(indent, " ")
  if (is.list(x)) {
    body <- mapply(function(name, value) paste0(inner, "\"", name, "\": ", json(value, inner)),
                   names(x), x)
    return(paste0("{\n", paste(body, collapse = ",\n"), "\n", indent, "}"))
  }
  if (is.character(x)) one <- paste0("\"", x, "\"")
  else if (is.logical(x)) one <- ifelse(is.na(x), "null", ifelse(x, "true", "false"))
  else one <- ifelse(is.na(x), "null", sprintf("%.17g", x))
  if (length(x) == 1 && is.null(attr(x, "vector"))) one
  else paste0("[", paste(one, collapse = ", "), "]")
}
as_vector <- function(x) structure(x, vector = TRUE)

# Every refit takes the control of the fit: as tight as rounding lets it for the
# fit and all its subsets, else the next threshold that converges everywhere.
# influence() and its like return NA where a refit does not converge.
tight <- function(yi, vi, method, use, test = "z") {
  for (threshold in 10^-(14:6)) for (stepadj in c(1, 0.5)) {
    control <- list(threshold = threshold, tol = 1e-14, maxiter = 10000, stepadj = stepadj)
    found <- tryCatch(use(rma(yi, vi, method = method, test = test, control = control)),
                      error = function(e) e, warning = function(w) w)
    if (!inherits(found, "condition") && !anyNA(unlist(found))) return(found)
  }
  stop("no threshold converges in every refit")
}

refits_of <- function(x, test) {
  columns <- list(estimate = x$estimate, se = x$se, p_value = if (is.null(x$pval)) x$pvals else x$pval,
                  ci_lower = x$ci.lb, ci_upper = x$ci.ub, q = x$Q, q_p_value = x$Qp,
                  tau2 = if (is.null(x$tau2)) 0 * x$Q else x$tau2, i2 = x$I2, h2 = x$H2)
  lapply(columns, function(column) as_vector(as.numeric(column)))
}

diagnostics_of <- function(fit) {
  found <- influence(fit, progbar = FALSE)
  of <- found$inf
  flags <- as.logical(found$is.infl)
  columns <- list(rstudent = of$rstudent, dffits = of$dffits, cook_d = of$cook.d,
                  cov_ratio = of$cov.r, tau2_deleted = of$tau2.del, q_deleted = of$QE.del,
                  hat = of$hat, weight = of$weight / 100, dfbetas = found$dfbs[[1]])
  columns <- lapply(columns, function(column) as_vector(as.numeric(column)))
  c(columns, list(influential = as_vector(flags)))
}

baujat_of <- function(fit) {
  pdf(NULL)
  of <- baujat(fit, progbar = FALSE)
  dev.off()
  of <- of[order(as.numeric(of$ids)), ]
  list(x = as_vector(as.numeric(of$x)), y = as_vector(as.numeric(of$y)))
}

one_method <- function(yi, vi, order, method) {
  # cumul() looks for the name of a variable, so it is handed the values.
  cumulate <- function(fit) do.call(cumul, list(fit, order = order, progbar = FALSE))
  leave <- function(fit) leave1out(fit, progbar = FALSE)
  c(list(leave_one_out = refits_of(tight(yi, vi, method, leave)),
         cumulative = refits_of(tight(yi, vi, method, cumulate)),
         influence = tight(yi, vi, method, diagnostics_of),
         baujat = tight(yi, vi, method, baujat_of)),
    # Hartung-Knapp for an assumed tau2 of 0 is not meant to be used.
    if (method != "EE") list(leave_one_out_hk = refits_of(tight(yi, vi, method, leave, "knha")),
                             cumulative_hk = refits_of(tight(yi, vi, method, cumulate, "knha"))))
}

one_set <- function(source, yi, vi, order = seq_along(yi)) {
  keep <- !is.na(yi) & !is.na(vi) & !is.na(order)
  yi <- as.numeric(yi[keep]); vi <- as.numeric(vi[keep]); order <- as.numeric(order[keep])
  methods <- c(REML = "REML", DL = "DL", CE = "EE")
  list(source = source, yi = as_vector(yi), vi = as_vector(vi), order = as_vector(order),
       methods = lapply(methods, function(m) one_method(yi, vi, order, m)))
}

bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
normand <- escalc(measure = "MD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i,
                  n2i = n2i, data = dat.normand1999)
molloy <- escalc(measure = "ZCOR", ri = ri, ni = ni, data = dat.molloy2014)
li <- escalc(measure = "OR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = dat.li2007)
egger <- escalc(measure = "OR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = dat.egger2001)
linde <- escalc(measure = "RR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = dat.linde2005)
pignon <- transform(dat.pignon2000, yi = OmE / V, vi = 1 / V)

sets <- list(
  bcg = one_set("dat.bcg, log risk ratio, by year", bcg$yi, bcg$vi, bcg$year),
  normand1999 = one_set("dat.normand1999, mean difference in days", normand$yi, normand$vi),
  hackshaw1998 = one_set("dat.hackshaw1998, log odds ratio, by year", dat.hackshaw1998$yi,
                         dat.hackshaw1998$vi, dat.hackshaw1998$year),
  molloy2014 = one_set("dat.molloy2014, Fisher's z, by year", molloy$yi, molloy$vi, molloy$year),
  raudenbush1985 = one_set("dat.raudenbush1985, by year", dat.raudenbush1985$yi,
                           dat.raudenbush1985$vi, dat.raudenbush1985$year),
  bangertdrowns2004 = one_set("dat.bangertdrowns2004, by year", dat.bangertdrowns2004$yi,
                              dat.bangertdrowns2004$vi, dat.bangertdrowns2004$year),
  li2007 = one_set("dat.li2007, log odds ratio, by year", li$yi, li$vi, li$year),
  egger2001 = one_set("dat.egger2001, log odds ratio, by year", egger$yi, egger$vi, egger$year),
  linde2005 = one_set("dat.linde2005, log risk ratio, by year", linde$yi, linde$vi, linde$year),
  pignon2000 = one_set("dat.pignon2000, log hazard ratio from O - E and V", pignon$yi, pignon$vi),
  three_trials = one_set("three log hazard ratios",
                         c(-0.478035800943, -0.371063681390832, -0.0943106794712413),
                         c(0.009604, 0.006561, 0.0121)),
  one_dominates = one_set("one trial with 99 % of the common-effect weight",
                          c(-0.2, 0.4, -0.9, 0.1), c(0.0004, 0.2, 0.15, 0.3))
)

versions <- list(R = paste(R.version$major, R.version$minor, sep = "."),
                 metafor = as.character(packageVersion("metafor")),
                 metadat = as.character(packageVersion("metadat")))
writeLines(json(list(versions = versions, sets = sets)), output)
