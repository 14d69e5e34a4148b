# Reference numbers for tests/pooling/test_pooling_counts_reference.py: counts pooled by metafor.
#
# Run from the project root:  Rscript tests/reference/metafor_counts.R
# It writes tests/reference/metafor_counts.json with 17 significant digits and the
# versions it ran with. Counts are written too, once per data set.
suppressMessages(library(metafor))
output <- "tests/reference/metafor_counts.json"

table_of <- function(name, ai, n1i, ci, n2i) {
  d <- get(name)
  out <- data.frame(a = d[[ai]], n1 = d[[n1i]], c = d[[ci]], n2 = d[[n2i]])
  out[stats::complete.cases(out), ]
}
bcg <- dat.bcg
bcg$n1 <- bcg$tpos + bcg$tneg
bcg$n2 <- bcg$cpos + bcg$cneg
dat_bcg <- bcg
sets <- list(
  bcg = table_of("dat_bcg", "tpos", "n1", "cpos", "n2"),
  yusuf1985_6 = { d <- subset(dat.yusuf1985, table == "6"); d <- d[, c("ai", "n1i", "ci", "n2i")];
                  names(d) <- c("a", "n1", "c", "n2"); d[stats::complete.cases(d), ] },
  yusuf1985_10 = { d <- subset(dat.yusuf1985, table == "10")[, c("ai", "n1i", "ci", "n2i")];
                   names(d) <- c("a", "n1", "c", "n2"); d[stats::complete.cases(d), ] },
  collins1985a = table_of("dat.collins1985a", "b.xti", "nti", "b.xci", "nci"),
  nielweise2007 = table_of("dat.nielweise2007", "ai", "n1i", "ci", "n2i"),
  li2007 = table_of("dat.li2007", "ai", "n1i", "ci", "n2i"),
  hine1989 = table_of("dat.hine1989", "ai", "n1i", "ci", "n2i")
)
if (exists("dat.axfors2021")) {
  d <- subset(dat.axfors2021, hcq_cq == "hcq")
  sets$axfors2021 <- data.frame(a = d$hcq_arm_event, n1 = d$hcq_arm_total,
                                c = d$control_arm_event, n2 = d$control_arm_total)
}
# One trial without events in either arm, and one with a zero cell, beside others.
sets$zeros <- data.frame(a = c(0, 0, 3, 12, 9, 10), n1 = c(20, 25, 30, 50, 9, 40),
                         c = c(0, 4, 6, 15, 11, 18), n2 = c(22, 24, 31, 52, 11, 38))

number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
vector <- function(x) paste0("[", paste(number(as.numeric(x)), collapse = ","), "]")
object <- function(values, sep = "") {
  paste0("{", paste0("\"", names(values), "\":", sep, unlist(values), collapse = paste0(",", sep)), "}")
}
scalar <- function(x) if (is.null(x) || length(x) == 0) "null" else number(as.numeric(x)[1])

mh_of <- function(d, measure) {
  fit <- rma.mh(ai = a, n1i = n1, ci = c, n2i = n2, data = d, measure = measure,
                drop00 = measure != "RD")
  object(c(estimate = scalar(fit$beta), se = scalar(fit$se), p = scalar(fit$pval), lower = scalar(fit$ci.lb),
           upper = scalar(fit$ci.ub), q = scalar(fit$QE), q_p = scalar(fit$QEp),
           mh = scalar(fit$MH), mh_p = scalar(fit$MHp), bd = scalar(fit$BD), bd_p = scalar(fit$BDp),
           ta = scalar(fit$TA), ta_p = scalar(fit$TAp)))
}
peto_of <- function(d) {
  fit <- rma.peto(ai = a, n1i = n1, ci = c, n2i = n2, data = d)
  object(c(estimate = scalar(fit$beta), se = scalar(fit$se), p = scalar(fit$pval), lower = scalar(fit$ci.lb),
           upper = scalar(fit$ci.ub), q = scalar(fit$QE), q_p = scalar(fit$QEp)))
}
effects_of <- function(d, measure, to, drop00) {
  e <- suppressWarnings(escalc(measure = measure, ai = a, n1i = n1, ci = c, n2i = n2, data = d,
                               to = to, drop00 = drop00))
  yi <- as.numeric(e$yi); vi <- as.numeric(e$vi)
  gone <- !is.finite(yi) | !is.finite(vi)
  yi[gone] <- NA; vi[gone] <- NA
  object(c(yi = vector(yi), vi = vector(vi)))
}
# glmer's own stopping rule leaves about 1e-3 of an estimate.
tight <- list(glmerCtrl = list(optimizer = "bobyqa", optCtrl = list(rhobeg = 2e-2, rhoend = 1e-9, maxfun = 1e6)))
glmm_of <- function(d, model, points) {
  fit <- tryCatch(suppressWarnings(rma.glmm(ai = a, n1i = n1, ci = c, n2i = n2, data = d,
    measure = "OR", model = model, nAGQ = points, control = tight)),
    error = function(e) e)
  if (inherits(fit, "error")) { message(model, ": ", conditionMessage(fit)); return("null") }
  object(c(estimate = scalar(fit$beta), se = scalar(fit$se), tau2 = scalar(fit$tau2), se_tau2 = scalar(fit$se.tau2),
           lrt = scalar(fit$QE.LRT), wald = scalar(fit$QE.Wld), lower = scalar(fit$ci.lb),
           upper = scalar(fit$ci.ub), ll = scalar(fit$fit.stats["ll", "ML"])))
}

parts <- lapply(names(sets), function(name) {
  d <- sets[[name]]
  message(name, " ", nrow(d))
  effects <- list()
  for (m in c("OR", "RR", "RD")) for (to in c("only0", "if0all", "all", "none")) for (drop in c(TRUE, FALSE))
    effects[[paste(m, to, drop, sep = "_")]] <- effects_of(d, m, to, drop)
  values <- c(a = vector(d$a), n1 = vector(d$n1), c = vector(d$c), n2 = vector(d$n2),
    OR = mh_of(d, "OR"), RR = mh_of(d, "RR"), RD = mh_of(d, "RD"), peto = peto_of(d),
    um7 = glmm_of(d, "UM.FS", 7), um25 = glmm_of(d, "UM.FS", 25),
    effects = object(effects))
  object(values, "\n")
})
names(parts) <- names(sets)

# Proportions: binomial-normal model at two numbers of points, and PLO, PFT effects.
single <- function(name, xi, ni) { d <- get(name); data.frame(x = d[[xi]], n = d[[ni]]) }
arms <- list(pritz1997 = single("dat.pritz1997", "xi", "ni"), debruin2009 = single("dat.debruin2009", "xi", "ni"))
singles <- lapply(arms, function(d) {
  fits <- lapply(c(7, 25), function(points) {
    fit <- suppressWarnings(rma.glmm(xi = x, ni = n, data = d, measure = "PLO", nAGQ = points, control = tight))
    object(c(estimate = scalar(fit$beta), se = scalar(fit$se), tau2 = scalar(fit$tau2),
             lrt = scalar(fit$QE.LRT), wald = scalar(fit$QE.Wld)))
  })
  effects <- lapply(c("PLO", "PFT"), function(m) {
    e <- escalc(measure = m, xi = x, ni = n, data = d)
    fit <- rma(e$yi, e$vi, control = list(threshold = 1e-13, maxiter = 10000))
    object(c(yi = vector(e$yi), vi = vector(e$vi), estimate = scalar(fit$beta), se = scalar(fit$se),
             tau2 = scalar(fit$tau2)))
  })
  object(c(x = vector(d$x), n = vector(d$n), glmm7 = fits[[1]], glmm25 = fits[[2]],
           PLO = effects[[1]], PFT = effects[[2]]), "\n")
})
meta <- object(c(R = shQuote(R.version.string, "cmd"), metafor = shQuote(as.character(packageVersion("metafor")), "cmd"),
  lme4 = shQuote(as.character(packageVersion("lme4")), "cmd"), metadat = shQuote(as.character(packageVersion("metadat")), "cmd")))
writeLines(object(c(versions = meta, tables = object(unlist(parts), "\n"), singles = object(unlist(singles), "\n")), "\n"), output)
