# Reference numbers for interactions within trials, from the R package metafor.
#
# Run from the project root:  Rscript tests/reference/interactions.R
# It reads tests/reference/anker2025.csv (effects of intravenous iron in women and men of six
# trials: Anker et al. 2025, Nature Medicine 31:2640, Figure 2, Table 2, Supplementary Figures 4 and
# 12, as in dat.anker2025 of the data package metadat) and writes tests/reference/interactions.json.
suppressMessages(library(metafor))
dat <- read.csv("tests/reference/anker2025.csv")
tight <- list(threshold = 1e-13, tol = 1e-14, maxiter = 10000)
number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
list_of <- function(x) paste0("[", paste(number(x), collapse = ", "), "]")
pool <- function(yi, vi, method, test) {
  fit <- rma(yi, vi, method = method, test = test, control = tight)
  sprintf('{"estimate": %s, "se": %s, "ci_lower": %s, "ci_upper": %s, "tau2": %s}',
          number(fit$beta[1]), number(fit$se), number(fit$ci.lb), number(fit$ci.ub),
          number(fit$tau2))
}
# Within trials, women against men.
d <- dat$female_logrr - dat$male_logrr
vd <- dat$female_se^2 + dat$male_se^2
# Three levels in six trials (made up from the same numbers), two of which lack one: differences from
# the first level as a multivariate model with variance tau² and correlation 1/2.
second <- dat$female_logrr + c(1.5, -1.8, 0.6, -0.7, 0.4, -0.5)
third <- dat$female_logrr - 0.1 * seq_len(6)
third_se <- 1.3 * dat$male_se
long <- data.frame(
  trial = rep(seq_len(6), 3), level = rep(c("a", "b", "c"), each = 6),
  y = c(dat$male_logrr, second, third),
  v = c(dat$male_se^2, dat$female_se^2, third_se^2))
long <- long[!(long$level == "c" & long$trial == 2) & !(long$level == "b" & long$trial == 5), ]
base <- long[long$level == "a", ]
rest <- long[long$level != "a", ]
rest$d <- rest$y - base$y[match(rest$trial, base$trial)]
V <- outer(rest$trial, rest$trial, "==") * base$v[match(rest$trial, base$trial)] + diag(rest$v)
several <- function(method) {
  if (method == "EE")
    fit <- rma.mv(d, V, mods = ~ 0 + level, data = rest)
  else
    fit <- rma.mv(d, V, mods = ~ 0 + level, random = ~ level | trial, struct = "CS", rho = 0.5,
                  data = rest, method = method, control = list(rel.tol = 1e-11))
  sprintf('{"estimates": %s, "covariance": [%s, %s], "tau2": %s}', list_of(fit$beta[, 1]),
          list_of(fit$vb[1, ]), list_of(fit$vb[2, ]), number(if (method == "EE") 0 else fit$tau2))
}
writeLines(c(
  "{",
  sprintf('"versions": {"R": "%s", "metafor": "%s"},', getRversion(), packageVersion("metafor")),
  sprintf('"anker2025": {"estimates": %s, "variances": %s,', list_of(d), list_of(vd)),
  sprintf('"common": %s,', pool(d, vd, "EE", "z")),
  sprintf('"random_hk": %s,', pool(d, vd, "REML", "knha")),
  sprintf('"naive_female": %s,', pool(dat$female_logrr, dat$female_se^2, "REML", "knha")),
  sprintf('"naive_male": %s},', pool(dat$male_logrr, dat$male_se^2, "REML", "knha")),
  sprintf('"three_levels": {"trial": %s, "level": [%s], "y": %s, "v": %s,', list_of(long$trial),
          paste0('"', long$level, '"', collapse = ", "), list_of(long$y), list_of(long$v)),
  sprintf('"common": %s,', several("EE")),
  sprintf('"random": %s}', several("REML")),
  "}"), "tests/reference/interactions.json")
