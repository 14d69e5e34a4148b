# Reference numbers for tests/sensitivity/test_many_trials.py from the R package metafor:
# pools of 1,000 trials and of all but one of them (all of them take hours).
#
# Run from the project root:  Rscript tests/reference/metafor_many_trials.R
# Effects and variances follow from the two formulas below, here and in the test.
suppressMessages(library(metafor))
k <- 1000
i <- seq_len(k)
vi <- 0.01 + 0.19 * ((i * 0.6180339887498949) %% 1)
yi <- -0.3 + qnorm((i * 0.41421356237309515) %% 1) * sqrt(0.04 + vi)
gone <- c(1, 500, 999, which.max(abs(yi)), which.min(vi))
one <- function(keep, method) {
  m <- rma(yi[keep], vi[keep], method = method, test = "knha",
           control = list(threshold = 1e-14, tol = 1e-14, maxiter = 1000))
  sprintf('[%.17g, %.17g, %.17g, %.17g]', m$beta[1], m$se, m$tau2, m$QE)
}
part <- function(method) {
  lines <- vapply(gone, function(g) sprintf('   "%d": %s', g - 1, one(-g, method)), "")
  sprintf('  "%s": {\n   "all": %s,\n%s\n  }', method, one(i, method), paste(lines, collapse = ",\n"))
}
writeLines(sprintf('{\n "columns": ["estimate", "se", "tau2", "q"],\n "metafor": "%s",\n "pools": {\n%s\n }\n}',
                   as.character(packageVersion("metafor")),
                   paste(vapply(c("REML", "DL"), part, ""), collapse = ",\n")),
           "tests/reference/metafor_many_trials.json")
