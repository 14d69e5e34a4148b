# Times metafor for benchmarks/networks.py: prints one JSON object with the seconds and tau² of a network.
# Rscript benchmarks/networks.R NETWORK.csv   (columns study,treat1,treat2,yi,sei)
suppressPackageStartupMessages(library(metafor))
d <- read.csv(commandArgs(trailingOnly = TRUE)[1])
names <- sort(unique(c(d$treat1, d$treat2)))
x <- outer(d$treat1, names[-1], "==") - outer(d$treat2, names[-1], "==")
taken <- system.time(m <- rma.mv(yi, sei^2, mods = x, intercept = FALSE, random = ~ 1 | study, data = d))
# A BLAS with threads uses more CPU time than wall time: the smaller of the two counts.
cat(sprintf('{"seconds": %.6g, "tau2": %.12g}\n', min(taken[["elapsed"]], taken[["user.self"]] + taken[["sys.self"]]), m$sigma2))
