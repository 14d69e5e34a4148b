# Numbers for docs/how-to/coming-from.md: metafor 3.8-1 with metadat, R 4.2.2.
# Run: Rscript tests/reference/coming_from.R > tests/reference/coming_from.json
# Each entry is a line as it stands on the page and what is read off its result. Iterations run on
# to 1e-10, so that they can be compared more closely than the default stop of 1e-5 allows.
suppressMessages({library(metafor); library(metadat)})
lines <- list(
  c('dat <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)',
    "c(dat$yi, dat$vi)"),
  c("res <- rma(yi, vi, data = dat)", "c(pool(last), last$tau2, last$I2, last$QE)"),
  c('rma(yi, vi, data = dat, test = "knha")', "c(pool(last), last$tau2)"),
  c('rma(yi, vi, data = dat, test = "adhoc")', "c(pool(last), last$tau2)"),
  c('rma(yi, vi, data = dat, method = "EE")', "c(pool(last), last$QE)"),
  c('rma(yi, vi, data = dat, method = "DL")', "c(pool(last), last$tau2)"),
  c('rma(yi, vi, data = dat, method = "PM")', "c(pool(last), last$tau2)"),
  c("rma(yi, vi, data = dat, level = 90)", "pool(last)"),
  c("predict(res)", "c(last$pi.lb, last$pi.ub)"),
  c("confint(res)", "last$random[1, 2:3]"),
  c("rma(yi, vi, mods = ~ ablat, data = dat)", "c(last$b, last$se, last$tau2, last$R2, last$QE)"),
  c("leave1out(res)", "c(last$estimate, last$tau2)"),
  c("cumul(res, order = year)", "c(last$estimate[13], last$ci.lb[13], last$ci.ub[13])"),
  c("regtest(res)", "c(last$zval, last$pval)"),
  c('regtest(res, model = "lm")', "c(last$zval, last$pval)"),
  c("ranktest(res)", "c(last$tau, last$pval)"),
  c("trimfill(res)", "c(last$k0, last$b)"),
  c("influence(res)", "c(last$inf$rstudent, last$inf$cook.d, last$inf$hat)"),
  c("baujat(res)", "c(last$x, last$y)"),
  c("rma.mh(measure = \"OR\", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)",
    "c(pool(last), last$MH, last$BD)"),
  c("rma.peto(ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)",
    "c(pool(last), last$QE)"),
  c("rma(measure = \"PLO\", xi = xi, ni = ni, data = dat.pritz1997)", "c(pool(last), last$tau2)"),
  c("rma(measure = \"IRR\", x1i = x1i, t1i = t1i, x2i = x2i, t2i = t2i, data = dat.nielweise2008)",
    "c(pool(last), last$tau2)"),
  c(paste("rma(measure = \"MD\", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i,",
          "n2i = n2i, data = dat.normand1999)"), "c(pool(last), last$tau2)"),
  c("rma(measure = \"ZCOR\", ri = ri, ni = ni, data = dat.molloy2014)", "c(pool(last), last$tau2)"),
  c(paste("rma.mv(yi, vi, random = ~ 1 | district/school, data = dat.konstantopoulos2011,",
          "test = \"t\", dfs = \"contain\")"), "c(pool(last), last$sigma2)")
)
pool <- function(fit) c(fit$beta, fit$se, fit$ci.lb, fit$ci.ub)
tight <- function(line) {
  line <- sub("^(res <- )?rma\\(", "\\1rma(control = list(threshold = 1e-10, maxiter = 10000, tol = 1e-12), ", line)
  line <- sub("^confint\\(res", "confint(res, control = list(tol = 1e-12)", line)
  sub("^rma.mv\\(", "rma.mv(control = list(rel.tol = 1e-12), ", line)
}
pdf(NULL)
entries <- vapply(lines, function(entry) {
  last <<- eval(parse(text = tight(entry[1])), globalenv())
  numbers <- as.numeric(eval(parse(text = entry[2]), globalenv()))
  sprintf(' %s: [%s]', encodeString(entry[1], quote = '"'),
          paste(sprintf("%.17g", numbers), collapse = ", "))
}, "")
cat("{\n", paste(entries, collapse = ",\n"), "\n}\n", sep = "")
