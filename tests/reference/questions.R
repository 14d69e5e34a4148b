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

# A trial with several comparisons enters the test between groups once, by the one named first.
one_per_trial <- function(d, choose) {
  rank <- sapply(seq_len(nrow(d)), function(i) {
    named <- choose[[d$trial_id[i]]]
    if (is.null(named)) return(1)
    hit <- which(sapply(named, function(p) p[[1]] == d$experimental_arm[i] && p[[2]] == d$control_arm[i]))
    if (length(hit)) hit[1] else length(named) + 1
  })
  d[sapply(seq_len(nrow(d)), function(i) {
    same <- which(d$trial_id == d$trial_id[i])
    i == same[order(rank[same], same)[1]]
  }), ]
}

# Part of a contrast's variance that comes from its control arm, NA where events are not known.
from_control <- function(row, measure) {
  e <- as.numeric(row$control_events); n <- as.numeric(row$control_n)
  if (is.na(e) || e <= 0) return(NA)
  switch(measure, HR = 1 / e, OR = 1 / e + 1 / (n - e), RR = 1 / e - 1 / n, RD = e * (n - e) / n^3)
}

# Every comparison, with the covariance of those that share their control arm: from its events, the
# third comparison of the report, or the numbers of patients; true effects correlate by one half.
between_gls <- function(d, measure) {
  if (length(unique(d$group)) < 2 || nrow(d) <= length(unique(d$group))) return(NULL)
  V <- diag(d$sei^2)
  for (i in seq_len(nrow(d))) for (j in seq_len(nrow(d))) if (i < j && d$trial_id[i] == d$trial_id[j]) {
    stopifnot(d$control_arm[i] == d$control_arm[j])
    rows <- list(d[i, ], d[j, ])
    events <- sapply(rows, function(r) as.numeric(r$control_events))
    size <- if (all(is.na(events))) NA else from_control(rows[[which.max(events)]], measure)
    bound <- d$sei[i] * d$sei[j]
    if (is.na(size) || size / bound > 0.98 || size / bound < 0.02) {
      size <- NA
      for (r in rows) if (nzchar(r$third_contrasts) && is.na(size)) for (third in fromJSON(r$third_contrasts, simplifyDataFrame = FALSE))
        if (setequal(unlist(third$arms), c(d$experimental_arm[i], d$experimental_arm[j])) && is.na(size))
          size <- (d$sei[i]^2 + d$sei[j]^2 - third$se^2) / 2
    }
    if (is.na(size) || size / bound > 0.98 || size / bound < 0.02) {
      n <- as.numeric(c(d$experimental_n[i], d$experimental_n[j], d$control_n[i]))
      rho <- if (anyNA(n)) 0.5 else 1 / sqrt((1 + n[3] / n[1]) * (1 + n[3] / n[2]))
      size <- rho * bound
    }
    V[i, j] <- V[j, i] <- size
  }
  d$group <- factor(d$group, levels = unique(d$group))
  d$contrast <- seq_len(nrow(d))
  for (tolerance in 10^-(15:8)) {
    m <- tryCatch(rma.mv(yi, V, mods = ~group, random = ~ contrast | trial_id, struct = "CS", rho = 0.5,
      data = d, control = list(optimizer = "nlminb", rel.tol = tolerance, iter.max = 5000, eval.max = 5000)),
      error = function(e) NULL)
    if (!is.null(m)) break
  }
  k <- nrow(d); p <- length(m$beta)
  r <- d$yi - as.vector(model.matrix(~group, d) %*% m$beta)
  scale <- as.numeric(t(r) %*% solve(m$M, r)) / (k - p)
  value <- m$QM / (p - 1) / scale
  list(k = k, value = value, df1 = p - 1, df2 = k - p, p_value = pf(value, p - 1, k - p, lower.tail = FALSE), tau2 = m$tau2)
}

between <- function(d, question) {
  # Levels of a marker: groups are not compared with each other.
  if (!is.null(question$interaction) || !is.null(question$prognostic)) return(NULL)
  if (question$multiarm == "gls" && anyDuplicated(d$trial_id)) return(between_gls(d, question$measure))
  d <- one_per_trial(d, question$choose)
  # As many groups as trials leave nothing to judge their differences by.
  if (length(unique(d$group)) < 2 || nrow(d) <= length(unique(d$group))) return(NULL)
  d$group <- factor(d$group, levels = unique(d$group))
  m <- rma(yi, sei = sei, mods = ~group, data = d, method = "REML", test = "knha", control = control)
  list(k = nrow(d), value = m$QM, df1 = m$QMdf[1], df2 = m$QMdf[2], p_value = m$QMp, tau2 = m$tau2)
}

out <- list(versions = list(R = R.version.string, metafor = as.character(packageVersion("metafor"))))
for (folder in sort(list.dirs(arguments[1], recursive = FALSE))) {
  d <- read.csv(file.path(folder, "input.csv"), colClasses = "character", encoding = "UTF-8")
  if (!nrow(d)) next
  d$yi <- as.numeric(d$yi); d$sei <- as.numeric(d$sei)
  question <- read_json(file.path(folder, "question.json"))
  # Proportions of single arms have references of their own.
  if (!is.null(question$single_arm)) next
  groups <- list()
  for (label in unique(d$group)) {
    members <- d[d$group == label, ]
    if (nrow(members) > 1) groups[[label]] <- pool(members)
  }
  out[[basename(folder)]] <- list(groups = groups, subgroup_test = between(d, question))
}
write_json(out, arguments[2], auto_unbox = TRUE, digits = I(17), pretty = TRUE, null = "null", na = "null")
