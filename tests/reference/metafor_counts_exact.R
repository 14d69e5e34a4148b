# Reference numbers for the conditional exact model: metafor's rma.glmm(model = "CM.EL").
#
# Run from the project root:  Rscript tests/reference/metafor_counts_exact.R
# It takes minutes: the random effect is integrated by adaptive subdivision, not by a fixed
# number of points. It writes tests/reference/metafor_counts_exact.json.
suppressMessages(library(metafor))
output <- "tests/reference/metafor_counts_exact.json"
sets <- list(
  nielweise2007 = with(dat.nielweise2007, data.frame(a = ai, n1 = n1i, c = ci, n2 = n2i)),
  spread = data.frame(a = c(2, 19, 1, 14, 3, 12), n1 = c(30, 41, 25, 50, 44, 38),
                      c = c(9, 6, 11, 6, 21, 10), n2 = c(31, 40, 24, 52, 45, 40))
)
number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
vector <- function(x) paste0("[", paste(number(as.numeric(x)), collapse = ","), "]")
object <- function(values, sep = "") {
  paste0("{", paste0("\"", names(values), "\":", sep, unlist(values), collapse = paste0(",", sep)), "}")
}
parts <- lapply(sets, function(d) {
  fit <- suppressWarnings(rma.glmm(ai = a, n1i = n1, ci = c, n2i = n2, data = d, measure = "OR",
                                   model = "CM.EL", control = list(dnchgcalc = "dnoncenhypergeom")))
  print(fit)
  object(c(a = vector(d$a), n1 = vector(d$n1), c = vector(d$c), n2 = vector(d$n2),
           estimate = number(fit$beta[1]), se = number(fit$se[1]), tau2 = number(fit$tau2),
           lrt = number(fit$QE.LRT), wald = number(fit$QE.Wld)))
})
versions <- object(c(R = shQuote(R.version.string, "cmd"),
                     metafor = shQuote(as.character(packageVersion("metafor")), "cmd")))
writeLines(object(c(versions = versions, unlist(parts)), "\n"), output)
