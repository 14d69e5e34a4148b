# Reference numbers for floating subgroup effects, from the R package metafor.
#
# Run from the project root:  Rscript tests/reference/floating.R
# It reads tests/reference/tocilizumab2021.csv: deaths within 28 days with and without tocilizumab, by
# corticosteroids at randomisation, in 15 trials (Shankar-Hari et al. 2021, JAMA 326:499, Supplement 2,
# as in Supplementary Appendix 2 of Godolphin et al. 2023, the worked example of their method, and as
# printed in the documentation of the Stata package metan, example 5). Levels with no patients in an
# arm or no death at all say nothing and are left out; 0.5 is added where one cell is zero.
#
# One regression holds trial intercepts and the level; an effect by level is a linear combination of
# its coefficients, so its standard error comes from the whole covariance matrix and not from the
# formula that the package uses. It writes tests/reference/floating.json.
suppressMessages(library(metafor))
dat <- read.csv("tests/reference/tocilizumab2021.csv")
dat <- dat[dat$n_control > 0 & dat$n_experimental > 0 &
             dat$events_control + dat$events_experimental > 0, ]
dat <- escalc("OR", ai = events_experimental, n1i = n_experimental, ci = events_control,
              n2i = n_control, data = dat, add = 1/2, to = "only0")
yi <- as.numeric(dat$yi)
vi <- as.numeric(dat$vi)
number <- function(x) sprintf("%.17g", x)
list_of <- function(x) paste0("[", paste(number(x), collapse = ", "), "]")
pair <- function(x, se) sprintf('{"estimate": %s, "se": %s}', number(x), number(se))
# Within trials: both levels.
trials <- unique(dat$trial)
both <- trials[sapply(trials, function(t) sum(dat$trial == t) == 2)]
of <- function(t, l) which(dat$trial == t & dat$corticosteroids == l)
d <- sapply(both, function(t) yi[of(t, "yes")] - yi[of(t, "no")])
vd <- sapply(both, function(t) vi[of(t, "yes")] + vi[of(t, "no")])
tight <- list(threshold = 1e-13, maxiter = 10000)
within <- function(method, test) {
  fit <- rma(d, vd, method = method, test = test, control = tight)
  sprintf('{"estimate": %s, "se": %s, "tau2": %s}', number(fit$beta[1]), number(fit$se),
          number(fit$tau2))
}
naive <- function(level) {
  at <- dat$corticosteroids == level
  fit <- rma(yi[at], vi[at], method = "EE")
  pair(fit$beta[1], fit$se)
}
# One stage: an intercept per trial and the level, then the weighted mean of the intercepts (weights:
# all that a trial knows, given the difference), plus the difference for the second level.
x <- cbind(sapply(trials, function(t) as.numeric(dat$trial == t)),
           as.numeric(dat$corticosteroids == "yes"))
fit <- rma(yi, vi, mods = x, intercept = FALSE, method = "EE")
precision <- sapply(trials, function(t) sum(1 / vi[dat$trial == t]))
share <- precision / sum(precision)
combine <- function(second) {
  a <- c(share, second)
  pair(sum(a * fit$beta[, 1]), sqrt(drop(t(a) %*% fit$vb %*% a)))
}
writeLines(c(
  "{",
  sprintf('"versions": {"R": "%s", "metafor": "%s"},', getRversion(), packageVersion("metafor")),
  sprintf('"yi": %s,\n"vi": %s,', list_of(yi), list_of(vi)),
  sprintf('"trial": [%s],', paste0('"', dat$trial, '"', collapse = ", ")),
  sprintf('"level": [%s],', paste0('"', dat$corticosteroids, '"', collapse = ", ")),
  sprintf('"within_common": %s,\n"within_reml": %s,', within("EE", "z"), within("REML", "z")),
  sprintf('"naive_no": %s,\n"naive_yes": %s,', naive("no"), naive("yes")),
  sprintf('"floating_no": %s,\n"floating_yes": %s', combine(0), combine(1)),
  "}"), "tests/reference/floating.json")
