# Reference numbers for tests/effects/test_metadat_pools.py: the data sets of metadat_export.R,
# pooled by metafor. Run from the project root:  Rscript tests/reference/metadat_pools.R
# It writes tests/reference/metadat_pools.json with 17 significant digits.
suppressMessages({library(metafor); library(metadat)})
output <- "tests/reference/metadat_pools.json"
# The tightest threshold that rounding lets the iteration reach.
tight <- function(yi, vi, test) {
  for (threshold in 10^-(14:10)) for (step in c(1, 0.5)) {
    control <- list(threshold = threshold, maxiter = 20000, stepadj = step)
    fit <- try(suppressWarnings(rma(yi, vi, method = "REML", test = test, control = control)), silent = TRUE)
    if (!inherits(fit, "try-error")) return(fit)
  }
  stop("no threshold is reached")
}
number <- function(x) if (is.null(x) || length(x) == 0 || is.na(x[1])) "null" else sprintf("%.17g", as.numeric(x)[1])
object <- function(values) paste0("{", paste0("\"", names(values), "\": ", unlist(values), collapse = ", "), "}")

fit_of <- function(yi, vi, test) {
  fit <- tight(yi, vi, test)
  values <- list(estimate = number(fit$beta), se = number(fit$se), lower = number(fit$ci.lb), upper = number(fit$ci.ub))
  if (test == "z") {
    values <- c(list(k = number(fit$k), tau2 = number(fit$tau2), q = number(fit$QE), i2 = number(fit$I2)), values)
  }
  object(values)
}
counted <- function(fit) {
  object(list(estimate = number(fit$beta), se = number(fit$se), lower = number(fit$ci.lb),
              upper = number(fit$ci.ub), q = number(fit$QE)))
}
pools <- function(measure, d, extra = list()) {
  d <- d[is.finite(d$yi) & is.finite(d$vi) & d$vi > 0, ]
  yi <- as.numeric(d$yi)
  found <- list(measure = paste0("\"", measure, "\""), wald = fit_of(yi, d$vi, "z"), hk = fit_of(yi, d$vi, "knha"),
                adhoc = fit_of(yi, d$vi, "adhoc"))
  object(c(found, extra))
}
tables <- function(name, a, n1, c, n2, measure = "OR") {
  d <- get(name)
  d <- data.frame(a = d[[a]], n1 = d[[n1]], c = d[[c]], n2 = d[[n2]])
  d <- d[complete.cases(d), ]
  e <- suppressWarnings(escalc(measure = measure, ai = a, n1i = n1, ci = c, n2i = n2, data = d, drop00 = TRUE))
  pools(measure, e, list(
    mh = counted(rma.mh(ai = a, n1i = n1, ci = c, n2i = n2, data = d, measure = measure, drop00 = TRUE)),
    peto = counted(rma.peto(ai = a, n1i = n1, ci = c, n2i = n2, data = d, drop00 = TRUE))))
}
rates <- function(name) {
  d <- get(name)
  e <- escalc(measure = "IRR", x1i = x1i, t1i = t1i, x2i = x2i, t2i = t2i, data = d)
  pools("IRR", e, list(mh = counted(rma.mh(x1i = x1i, t1i = t1i, x2i = x2i, t2i = t2i, data = d, measure = "IRR"))))
}
given <- function(d, measure = "generic") pools(measure, d)

bcg <- dat.bcg; bcg$n1 <- bcg$tpos + bcg$tneg; bcg$n2 <- bcg$cpos + bcg$cneg
usual <- c("dat.anand1999", "dat.egger2001", "dat.graves2010", "dat.hahn2001", "dat.hine1989", "dat.laopaiboon2015",
           "dat.lau1992", "dat.lee2004", "dat.li2007", "dat.linde2005", "dat.nielweise2007", "dat.yusuf1985")
sets <- sapply(usual, tables, "ai", "n1i", "ci", "n2i", simplify = FALSE)
sets$dat.bcg <- sets$dat.colditz1994 <- tables("bcg", "tpos", "n1", "cpos", "n2")
sets$dat.damico2009 <- tables("dat.damico2009", "xt", "nt", "xc", "nc")
sets$dat.viechtbauer2021 <- tables("dat.viechtbauer2021", "xTi", "nTi", "xCi", "nCi")
sets$dat.hart1999 <- rates("dat.hart1999")
sets$dat.nielweise2008 <- rates("dat.nielweise2008")
for (name in c("dat.bangertdrowns2004", "dat.hackshaw1998", "dat.konstantopoulos2011", "dat.raudenbush1985",
               "dat.riley2003", "dat.tannersmith2016")) sets[[name]] <- given(get(name))
ome <- dat.pignon2000
sets$dat.pignon2000 <- given(data.frame(yi = ome$OmE / ome$V, vi = 1 / ome$V), "HR")
for (name in c("dat.cohen1981", "dat.crede2010", "dat.mcdaniel1994", "dat.molloy2014"))
  sets[[name]] <- pools("ZCOR", escalc(measure = "ZCOR", data = get(name), ri = ri, ni = ni))
sets$dat.nakagawa2007 <- pools("ZCOR", escalc(measure = "ZCOR", data = dat.nakagawa2007, ri = Correlation, ni = SampleSize))
# metafor 5 divides by n - m where 3.8 divides by n - m - 1, and corrects the bias of the log ratio of means.
partial <- escalc(measure = "PCOR", data = dat.aloe2013, ti = tval, mi = preds, ni = n, r2i = R2)
partial$vi <- partial$vi * (partial$n - partial$preds - 1) / (partial$n - partial$preds)
sets$dat.aloe2013 <- pools("PCOR", partial)
co2 <- dat.curtis1998
ratio <- escalc(measure = "ROM", data = co2, m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i)
ratio$yi <- ratio$yi + 0.5 * (co2$sd1i^2 / (co2$n1i * co2$m1i^2) - co2$sd2i^2 / (co2$n2i * co2$m2i^2))
sets$dat.curtis1998 <- pools("ROM", ratio)
sets$dat.bonett2010 <- pools("AHW", escalc(measure = "AHW", data = dat.bonett2010, ai = ai, mi = mi, ni = ni))
sets$dat.debruin2009 <- pools("PLO", escalc(measure = "PLO", data = dat.debruin2009, xi = xi, ni = ni))
sets$dat.hannum2020 <- pools("PR", escalc(measure = "PR", data = dat.hannum2020, xi = xi, ni = ni))
sets$dat.pritz1997 <- pools("PFT", escalc(measure = "PFT", data = dat.pritz1997, xi = xi, ni = ni))
sets$dat.normand1999 <- pools("MD", escalc(measure = "MD", data = dat.normand1999, m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i))
sets$dat.gibson2002 <- pools("SMD", escalc(measure = "SMD", data = dat.gibson2002, m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i))

versions <- object(list(R = paste0("\"", getRversion(), "\""), metafor = paste0("\"", packageVersion("metafor"), "\""),
                        metadat = paste0("\"", packageVersion("metadat"), "\"")))
lines <- paste0("\"", names(sets), "\": ", unlist(sets), collapse = ",\n")
writeLines(paste0("{\"versions\": ", versions, ",\n", lines, "}"), output)
