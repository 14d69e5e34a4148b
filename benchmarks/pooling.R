# Times metafor for benchmarks/pooling.py: prints one JSON object of CPU seconds per call.
# Rscript benchmarks/pooling.R SETS.csv LONG.csv   (columns set,yi,vi)
suppressPackageStartupMessages(library(metafor))
arguments <- commandArgs(trailingOnly = TRUE)
sets <- split(read.csv(arguments[1]), read.csv(arguments[1])$set)
long <- read.csv(arguments[2])
# Shorter steps where metafor does not converge by itself (a set in a few hundred).
fit_one <- function(d) tryCatch(
  rma(yi, vi, data = d, method = "REML", test = "knha"),
  error = function(e) rma(yi, vi, data = d, method = "REML", test = "knha", control = list(stepadj = 0.5, maxiter = 1000)))
whole <- function(d) {
  m <- fit_one(d)
  confint(m); predict(m)
}
invisible(whole(sets[[1]]))
# A BLAS with threads uses more CPU time than wall time: the smaller of the two counts.
cpu <- function(t) min(t[["elapsed"]], t[["user.self"]] + t[["sys.self"]])
per_call <- function(f, d) cpu(system.time(for (x in d) f(x))) / length(d)
single <- per_call(whole, sets)
fit <- per_call(fit_one, sets)
one <- cpu(system.time(fit_one(long)))
cat(sprintf('{"single": %.9g, "fit": %.9g, "long": %.9g, "metafor": "%s"}\n', single, fit, one, packageVersion("metafor")))
