# metafor's side of benchmarks/same_analyses.py: all pools of the review in one process.
# Rscript benchmarks/same_analyses.R SETS.csv FOLDER OUT.csv   (columns set,label,year,yi,sei)
suppressPackageStartupMessages(library(metafor))
arguments <- commandArgs(trailingOnly = TRUE)
rows <- read.csv(arguments[1])
sets <- split(rows, rows$set)
took <- c()
timed <- function(name, call) {
  start <- proc.time()
  value <- call()
  spent <- (proc.time() - start)
  took[name] <<- sum(took[name], spent[["user.self"]] + spent[["sys.self"]], na.rm = TRUE)
  value
}
fit <- function(d) tryCatch(
  rma(yi, sei^2, data = d, slab = d$label, method = "REML", test = "knha"),
  error = function(e) rma(yi, sei^2, data = d, slab = d$label, method = "REML", test = "knha", control = list(stepadj = 0.5, maxiter = 1000)))
# What metafor itself stops at (leaving out, filling in) is counted, not timed again.
failed <- c()
tried <- function(name, call) timed(name, function() tryCatch(call(), error = function(e) {
  failed[name] <<- sum(failed[name], 1, na.rm = TRUE)
  NULL
}))
found <- lapply(names(sets), function(name) {
  d <- sets[[name]]
  m <- timed("pool", function() { m <- fit(d); confint(m); predict(m); m })
  if (nrow(d) >= 3) {
    tried("leave-one-out", function() leave1out(m))
    tried("cumulative", function() cumul(m, order = d$year))
    tried("influence", function() influence(m))
    tried("egger", function() regtest(m, model = "lm"))
    tried("trim-and-fill", function() trimfill(m))
  }
  file <- file.path(arguments[2], name)
  tried("forest plot, PDF", function() {
    pdf(paste0(file, ".pdf"), 10, 2 + 0.2 * nrow(d))
    forest(m, atransf = exp, addpred = TRUE, header = TRUE, cex = 0.7)
    dev.off()
  })
  tried("forest plot, PNG", function() {
    png(paste0(file, ".png"), 10, 2 + 0.2 * nrow(d), units = "in", res = 300, type = "cairo")
    forest(m, atransf = exp, addpred = TRUE, header = TRUE, cex = 0.7)
    dev.off()
  })
  data.frame(set = name, estimate = as.numeric(m$beta), tau2 = m$tau2)
})
write.csv(do.call(rbind, found), arguments[3], row.names = FALSE)
times <- paste(sprintf('"%s": %.9g', names(took), took), collapse = ", ")
missed <- paste(sprintf('"%s": %d', names(failed), as.integer(failed)), collapse = ", ")
cat(sprintf('{"took": {%s}, "failed": {%s}, "metafor": "%s"}\n', times, missed, packageVersion("metafor")))
