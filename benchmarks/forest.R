# Times metafor's forest() on the rows of one question, into the same three formats.
# Rscript benchmarks/forest.R rows.csv runs out.json
suppressMessages(library(metafor))
arguments <- commandArgs(trailingOnly = TRUE)
rows <- read.csv(arguments[1])
runs <- as.integer(arguments[2])
pool <- rma(yi, sei^2, data = rows, slab = rows$label, method = "REML", test = "knha")
folder <- tempfile("forest")
dir.create(folder)
draw <- function() {
  forest(
    pool, atransf = exp, addpred = TRUE, header = TRUE, cex = 0.7,
    ilab = cbind(rows$comparison, rows$experimental, rows$control), ilab.xpos = c(-6, -3.5, -2.5),
    xlim = c(-10, 5), alim = c(-2, 2)
  )
}
height <- 2 + 0.2 * nrow(rows)
formats <- list(
  svg = function() svg(file.path(folder, "f.svg"), 10, height),
  pdf = function() pdf(file.path(folder, "f.pdf"), 10, height),
  png = function() png(file.path(folder, "f.png"), 10, height, units = "in", res = 300, type = "cairo")
)
cpu <- function(open) {
  start <- proc.time()
  open()
  draw()
  invisible(dev.off())
  took <- proc.time() - start
  unname(took[["user.self"]] + took[["sys.self"]])
}
times <- lapply(formats, function(open) replicate(runs, cpu(open)))
quoted <- sapply(names(times), function(name) {
  sprintf('"%s": [%s]', name, paste(sprintf("%.17g", times[[name]]), collapse = ", "))
})
writeLines(sprintf(
  '{%s, "rows": %d, "metafor": "%s", "R": "%s.%s"}', paste(quoted, collapse = ", "), nrow(rows),
  packageVersion("metafor"), R.version$major, R.version$minor
), arguments[3])
