# Pools the trials of the example stroke-care with metafor, for tests/questions/selection/test_outcomes.py.
#
#   Rscript tests/reference/outcomes.R tests/reference/outcomes.json
#
# Needs R with metafor, metadat and jsonlite. From the counts and means of the data sets, not from a build.

suppressPackageStartupMessages({library(metafor); library(metadat); library(jsonlite)})
control <- list(threshold = 1e-11, maxiter = 100000, stepadj = 0.5, tau2.max = 1e6)

interval <- function(m) list(estimate = m$beta[[1]], se = m$se, ci_lower = m$ci.lb, ci_upper = m$ci.ub)

pool <- function(d, threshold = 1e-11) {
  control$threshold <- threshold
  fit <- function(...) rma(yi, vi, data = d, control = control, ...)
  random <- fit(method = "REML", test = "adhoc")
  list(
    yi = as.numeric(d$yi), vi = as.numeric(d$vi), tau2 = random$tau2, q = random$QE,
    "common-effect" = interval(fit(method = "FE")),
    "hk" = interval(fit(method = "REML", test = "knha")),
    "hk-adhoc" = interval(random)
  )
}

stay <- dat.normand1999
means <- function(measure) {
  escalc(measure, m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i, data = stay)
}
stroke <- dat.hart1999
# Multi-arm: two differences against one control arm (sd 10, 12, 8; n 40, 50, 60), with their covariance.
x <- c(5, 7, 9); s <- c(10, 12, 8); n <- c(40, 50, 60)
one <- escalc("MD", m1i = x[1:2], sd1i = s[1:2], n1i = n[1:2], m2i = x[c(3, 3)], sd2i = s[c(3, 3)], n2i = n[c(3, 3)])
V <- diag(c(one$vi, 1.44)); V[1, 2] <- V[2, 1] <- s[3]^2 / n[3]
shared <- rma.mv(c(one$yi, -1.5), V, method = "FE")
# This version of metafor does not take the bias from log ratios of means (Lajeunesse 2015, Ecology 96:2056).
ratio <- means("ROM")
ratio$yi <- ratio$yi + with(stay, (sd1i^2 / (n1i * m1i^2) - sd2i^2 / (n2i * m2i^2)) / 2)
out <- list(
  versions = list(R = R.version.string, metafor = as.character(packageVersion("metafor"))),
  "length-of-stay" = pool(means("MD")),
  "length-of-stay-standardised" = pool(means("SMD")),
  "length-of-stay-ratio" = pool(ratio),
  "stroke-on-warfarin" = pool(escalc("IRR", x1i = x1i, t1i = t1i, x2i = x2i, t2i = t2i, data = stroke)),
  "stroke-on-warfarin-difference" = pool(escalc("IRD", x1i = x1i, t1i = t1i, x2i = x2i, t2i = t2i, data = stroke), 1e-15),
  shared = list(estimate = shared$beta[[1]], se = shared$se)
)
write_json(out, commandArgs(trailingOnly = TRUE)[1], auto_unbox = TRUE, digits = I(17), pretty = TRUE)
