# Pools every question with metafor, for tests/questions/test_questions_reference.py.
#
#   Rscript tests/reference/questions.R results/questions tests/reference/questions.json
#
# Needs R with metafor and jsonlite (Debian: r-cran-metafor, r-cran-jsonlite) and the
# input.csv and question.json of a build. Numbers are written with 17 significant digits.

suppressPackageStartupMessages({library(metafor); library(jsonlite)})
arguments <- commandArgs(trailingOnly = TRUE)
control <- list(threshold = 1e-14, maxiter = 10000, tau2.max = 1e4)

fit <- function(d, ...) rma(yi = d$yi, sei = d$sei, control = control, ...)

interval <- function(m) list(estimate = m$beta[[1]], se = m$se, ci_lower = m$ci.lb, ci_upper = m$ci.ub, p_value = m$pval)

pool <- function(d) {
  random <- fit(d, method = "REML", test = "adhoc")
  profile <- confint(random, control = list(tol = 1e-14, maxiter = 10000, tau2.max = 1e6))$random["tau^2", ]
  predicted <- predict(random)
  list(
    yi = d$yi, sei = d$sei, k = nrow(d),
    "common-effect" = interval(fit(d, method = "FE")),
    "hk" = interval(fit(d, method = "REML", test = "knha")),
    "hk-adhoc" = interval(random),
    tau2 = random$tau2, tau2_se = random$se.tau2,
    tau2_ci_lower = profile[["ci.lb"]], tau2_ci_upper = profile[["ci.ub"]],
    i2 = random$I2, h2 = random$H2, q = random$QE, q_p_value = random$QEp,
    pi_lower = predicted$pi.lb, pi_upper = predicted$pi.ub
  )
}

out <- list(versions = list(R = R.version.string, metafor = as.character(packageVersion("metafor"))))
for (folder in sort(list.dirs(arguments[1], recursive = FALSE))) {
  d <- read.csv(file.path(folder, "input.csv"), colClasses = "character", encoding = "UTF-8")
  if (!nrow(d)) next
  d$yi <- as.numeric(d$yi); d$sei <- as.numeric(d$sei)
  question <- read_json(file.path(folder, "question.json"))
  # Proportions of single arms and associations of endpoints have references of their own.
  if (question$kind %in% c("proportion", "surrogacy")) next
  groups <- list()
  for (label in unique(d$group)) {
    members <- d[d$group == label, ]
    if (nrow(members) > 1) groups[[label]] <- pool(members)
  }
  # Strategies: the trials of several groups, in the order of the groups.
  label_of <- sapply(question$groups, function(g) g$label)
  names(label_of) <- sapply(question$groups, function(g) if (is.null(g$comparison)) "" else g$comparison)
  strategies <- list()
  for (s in question$strategies) {
    members <- d[d$group %in% label_of[unlist(s$comparisons)], ]
    stopifnot(!anyDuplicated(members$trial_id))
    strategies[[s$id]] <- pool(members)
  }
  out[[basename(folder)]] <- list(groups = groups, strategies = strategies)
}
write_json(out, arguments[2], auto_unbox = TRUE, digits = I(17), pretty = TRUE, null = "null", na = "null")
