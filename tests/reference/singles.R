# Pools single groups of metadat's data sets with metafor, for tests/questions/selection/test_single_groups.py.
#
#   Rscript tests/reference/singles.R tests/reference/singles.json
#
# Needs R with metafor, metadat and jsonlite. From the data sets, not from a build.

suppressPackageStartupMessages({library(metafor); library(metadat); library(jsonlite)})
control <- list(maxiter = 100000, stepadj = 0.5, tau2.max = 1e6)

interval <- function(m) list(estimate = m$beta[[1]], se = m$se, ci_lower = m$ci.lb, ci_upper = m$ci.ub)

pool <- function(d, back = identity, ..., threshold = 1e-11) {
  control$threshold <- threshold
  fit <- function(...) rma(yi, vi, data = d, control = control, ...)
  random <- fit(method = "REML", test = "adhoc")
  shown <- predict(random, transf = back, ...)
  list(
    yi = as.numeric(d$yi), vi = as.numeric(d$vi), tau2 = random$tau2, q = random$QE, i2 = random$I2,
    "common-effect" = interval(fit(method = "FE")),
    "hk" = interval(fit(method = "REML", test = "knha")),
    "hk-adhoc" = interval(random),
    shown = list(estimate = shown$pred, ci_lower = shown$ci.lb, ci_upper = shown$ci.ub)
  )
}

molloy <- escalc("ZCOR", ri = ri, ni = ni, data = dat.molloy2014)
means <- function(measure) escalc(measure, mi = m2i, sdi = sd2i, ni = n2i, data = dat.normand1999)
rates <- function(measure, group) {
  d <- dat.hart1999
  x <- if (group == 1) d$x1i else d$x2i
  t <- (if (group == 1) d$t1i else d$t2i) / 100
  found <- escalc(measure, xi = x, ti = t)
  attr(found, "time") <- t
  found
}
roots <- rates("IRFT", 1)
out <- list(
  versions = list(R = R.version.string, metafor = as.character(packageVersion("metafor"))),
  ZCOR = pool(molloy, transf.ztor),
  prospective = pool(molloy[molloy$design == "prospective", ], transf.ztor),
  "cross-sectional" = pool(molloy[molloy$design != "prospective", ], transf.ztor),
  MN = pool(means("MN"), threshold = 1e-7),
  MNLN = pool(means("MNLN"), exp),
  IRLN = pool(rates("IRLN", 1), exp),
  control = pool(rates("IRLN", 2), exp),
  IR = pool(rates("IR", 1)),
  IRFT = pool(roots, transf.iirft, targs = 1 / mean(1 / attr(roots, "time"))),
  # Poisson: the exact interval of 9 events in 4.13 hundred person-years.
  exact = as.numeric(poisson.test(9, 4.13)$conf.int),
  # r with its interval, and what two arms of one study say together.
  of_interval = as.numeric(diff(atanh(c(0.08, 0.56))) / (2 * qnorm(0.975))),
  together = local({
    two <- escalc("ZCOR", ri = c(0.2, 0.4), ni = c(50, 100))
    interval(rma(yi, vi, data = two, method = "FE"))
  })
)
write_json(out, commandArgs(trailingOnly = TRUE)[1], auto_unbox = TRUE, digits = I(17), pretty = TRUE)
