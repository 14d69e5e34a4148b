# Times metafor for benchmarks/growth.py: CPU seconds of functions of one table, one JSON object per line.
# Rscript benchmarks/growth.R TABLE.csv NAME...   (columns yi,vi; names as in the script)
suppressPackageStartupMessages(library(metafor))
arguments <- commandArgs(trailingOnly = TRUE)
d <- read.csv(arguments[1])
timed <- function(name, call) {
  taken <- system.time(call())
  cat(sprintf('{"what": "%s", "seconds": %.6g}\n', name, taken[["user.self"]] + taken[["sys.self"]]))
}
fitted <- rma(yi, vi, data = d, method = "REML", test = "adhoc")
calls <- list(
  pool = function() { m <- rma(yi, vi, data = d, method = "REML", test = "adhoc"); confint(m); predict(m) },
  egger = function() regtest(fitted, model = "rma"),
  rank = function() ranktest(fitted),
  `trim-and-fill` = function() trimfill(fitted),
  `leave-one-out` = function() leave1out(fitted),
  influence = function() influence(fitted),
  cumulative = function() cumul(fitted)
)
for (name in arguments[-1]) timed(name, calls[[name]])
