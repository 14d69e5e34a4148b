# Reference numbers for meta-regression, multilevel models, known covariances,
# robust errors and permutation tests from the R package metafor.
#
# Run from the project root:  Rscript tests/reference/metafor_moderators.R
# It writes tests/reference/metafor_moderators.json with 17 significant digits and
# the versions it ran with. Inputs are written too, so that both programs work on
# the same doubles. "seconds_permutest" is the time on the machine that ran it.
suppressMessages(library(metafor))
output <- "tests/reference/metafor_moderators.json"

# A JSON writer of a few lines: jsonlite stops at 15 significant digits.
json <- function(x, indent = "") {
  inner <- paste0(indent, " ")
  if (length(x) == 0) return("[]")
  if (is.list(x) && is.null(names(x)))
    return(paste0("[", paste(sapply(x, json, indent = inner), collapse = ",\n"), "]"))
  if (is.list(x)) {
    body <- mapply(function(name, value) paste0(inner, "\"", name, "\": ", json(value, inner)),
                   names(x), x)
    return(paste0("{\n", paste(body, collapse = ",\n"), "\n", indent, "}"))
  }
  if (is.character(x)) one <- paste0("\"", x, "\"")
  else if (is.logical(x)) one <- ifelse(is.na(x), "null", tolower(as.character(x)))
  else one <- ifelse(is.na(x), "null", sprintf("%.17g", x))
  if (length(x) == 1 && is.null(attr(x, "vector"))) one
  else paste0("[", paste(one, collapse = ", "), "]")
}
as_vector <- function(x) structure(as.vector(x), vector = TRUE)
rows_of <- function(m) lapply(seq_len(nrow(m)), function(i) as_vector(m[i, ]))

# As tight as rounding lets the iteration be.
tight_fit <- function(yi, vi, X, method, more = list()) {
  for (threshold in 10^-(14:9)) for (stepadj in c(1, 0.5)) {
    control <- c(list(threshold = threshold, tol = 1e-14, maxiter = 10000, stepadj = stepadj), more)
    fit <- tryCatch(rma(yi, vi, mods = X, method = method, control = control),
                    error = function(e) e)
    if (!inherits(fit, "error")) return(fit)
  }
  stop(fit)
}

table_of <- function(fit) list(
  estimate = as_vector(fit$beta), se = as_vector(fit$se), p_value = as_vector(fit$pval),
  ci_lower = as_vector(fit$ci.lb), ci_upper = as_vector(fit$ci.ub), qm = fit$QM, qm_p_value = fit$QMp)

regression <- function(source, yi, vi, X) {
  keep <- complete.cases(yi, vi, X)
  yi <- as.numeric(yi[keep]); vi <- as.numeric(vi[keep]); X <- as.matrix(X)[keep, , drop = FALSE]
  storage.mode(X) <- "double"
  k <- length(yi)
  crude <- sum(residuals(lm(yi ~ X))^2) / k
  one <- function(method) {
    more <- if (method == "SJ") list(tau2.init = crude) else list()
    fit <- tight_fit(yi, vi, X, method, more)
    again <- function(test) rma(yi, vi, mods = X, method = method, tau2 = fit$tau2, test = test)
    at <- predict(again("knha"), newmods = unname(colMeans(X)))
    null <- if (method %in% c("SJ", "EE")) NA else {
      for (threshold in 10^-(14:9)) {
        mean_only <- tryCatch(rma(yi, vi, method = method, control = list(threshold = threshold,
          tol = 1e-14, maxiter = 10000)), error = function(e) e)
        if (!inherits(mean_only, "error")) break
      }
      mean_only$tau2
    }
    list(tau2 = fit$tau2, tau2_se = if (method == "EE") NA else fit$se.tau2, i2 = fit$I2,
         h2 = fit$H2, qe = fit$QE, qe_p_value = fit$QEp, tau2_null = null,
         r2 = if (is.null(fit$R2)) NA else fit$R2,
         wald = table_of(again("z")), hk = table_of(again("knha")), "hk-adhoc" = table_of(again("adhoc")),
         prediction = list(estimate = at$pred, se = at$se, ci_lower = at$ci.lb, ci_upper = at$ci.ub,
                           pi_lower = if (is.null(at$pi.lb)) NA else at$pi.lb,
                           pi_upper = if (is.null(at$pi.ub)) NA else at$pi.ub))
  }
  methods <- c(REML = "REML", ML = "ML", DL = "DL", PM = "PM", EB = "EB", HE = "HE", HS = "HS",
               HSk = "HSk", SJ = "SJ", CE = "EE")
  profile <- confint(tight_fit(yi, vi, X, "REML"),
                     control = list(tol = 1e-14, maxiter = 10000, tau2.max = 1e6))$random[1, ]
  list(source = source, yi = as_vector(yi), vi = as_vector(vi), moderators = rows_of(X),
       tau2_ci_lower = profile[["ci.lb"]], tau2_ci_upper = profile[["ci.ub"]],
       methods = lapply(methods, one))
}

# Fit by rma.mv; then everything that follows at the components it found.
dependent <- function(source, yi, V, cluster, components, random, X = NULL) {
  k <- length(yi)
  data <- data.frame(yi = yi, cluster = factor(cluster), effect = factor(seq_len(k)))
  arguments <- list(yi = yi, V = V, data = data, sparse = FALSE)
  if (!is.null(random)) arguments$random <- random
  if (!is.null(X)) arguments$mods <- X
  for (tolerance in 10^-(15:8)) {
    tight <- list(optimizer = "nlminb", rel.tol = tolerance, eval.max = 5000, iter.max = 5000)
    fit <- tryCatch(do.call(rma.mv, c(arguments, list(control = tight))), error = function(e) e)
    if (!inherits(fit, "error")) break
  }
  if (inherits(fit, "error")) stop(fit)
  if (!is.null(random)) arguments$sigma2 <- fit$sigma2
  z <- do.call(rma.mv, arguments)
  t <- do.call(rma.mv, c(arguments, list(test = "t")))
  sandwich <- robust(z, cluster = data$cluster, adjust = FALSE)
  if (!is.matrix(V)) V <- diag(V)
  at <- which(upper.tri(V) & V != 0, arr.ind = TRUE)
  list(source = source, yi = as_vector(yi), vi = as_vector(diag(V)),
       pairs = if (nrow(at)) lapply(seq_len(nrow(at)), function(r) as_vector(
         c(at[r, 1] - 1, at[r, 2] - 1, V[at[r, 1], at[r, 2]]))) else list(),
       cluster = as_vector(as.character(cluster)), components = as_vector(components),
       moderators = if (is.null(X)) list() else rows_of(as.matrix(X)),
       sigma2 = as_vector(fit$sigma2), log_likelihood = as.numeric(logLik(fit)),
       log_likelihood_there = as.numeric(logLik(z)), q = z$QE, q_p_value = z$QEp,
       wald = table_of(z), t = table_of(t),
       se_cr0 = as_vector(sandwich$se), clusters = sandwich$n)
}

permuted <- function(source, yi, vi, X, test, method = "REML") {
  X <- as.matrix(X)
  # Without smaller steps some refits do not converge and are left out of the share.
  fit <- rma(yi, vi, mods = X, test = test, method = method,
             control = list(stepadj = 0.5, maxiter = 10000))
  set.seed(1)
  p <- permutest(fit, exact = TRUE, progbar = FALSE)
  list(source = source, yi = as_vector(yi), vi = as_vector(vi), moderators = rows_of(X),
       ci = if (test == "z") "wald" else "hk", tau2_method = method,
       permutations = nrow(p$zval.perm), p_values = as_vector(p$pval), qm_p_value = p$QMp)
}

bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
alloc <- cbind(random = as.numeric(dat.bcg$alloc == "random"),
               systematic = as.numeric(dat.bcg$alloc == "systematic"))
bang <- dat.bangertdrowns2004
rau <- dat.raudenbush1985
hack <- dat.hackshaw1998
linde <- escalc(measure = "RR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = dat.linde2005)
li <- escalc(measure = "OR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = dat.li2007)

regressions <- list(
  bcg_ablat = regression("dat.bcg, log risk ratio on absolute latitude (Berkey 1995)", bcg$yi, bcg$vi,
                         cbind(ablat = dat.bcg$ablat)),
  bcg_year = regression("dat.bcg on year", bcg$yi, bcg$vi, cbind(year = dat.bcg$year)),
  bcg_alloc = regression("dat.bcg on allocation", bcg$yi, bcg$vi, alloc),
  bcg_all = regression("dat.bcg on latitude, year and allocation", bcg$yi, bcg$vi,
                       cbind(ablat = dat.bcg$ablat, year = dat.bcg$year, alloc)),
  bangertdrowns_length = regression("dat.bangertdrowns2004 on length", bang$yi, bang$vi,
                                    cbind(length = bang$length)),
  bangertdrowns_four = regression("dat.bangertdrowns2004 on length, wic, feedback, ni", bang$yi,
                                  bang$vi, cbind(bang$length, bang$wic, bang$feedback, bang$ni)),
  raudenbush_weeks = regression("dat.raudenbush1985 on weeks of contact", rau$yi, rau$vi,
                                cbind(weeks = rau$weeks)),
  raudenbush_capped = regression("dat.raudenbush1985 on weeks capped at 3 (Raudenbush 2009)", rau$yi,
                                 rau$vi, cbind(weeks = pmin(rau$weeks, 3))),
  hackshaw_year = regression("dat.hackshaw1998 on year", hack$yi, hack$vi, cbind(year = hack$year)),
  li_year = regression("dat.li2007, log odds ratio on control risk", li$yi, li$vi,
                       cbind(risk = dat.li2007$ci / dat.li2007$n2i))
)

konstantopoulos <- dat.konstantopoulos2011
assink <- dat.assink2016
bornmann <- escalc(measure = "OR", ai = waward, n1i = wtotal, ci = maward, n2i = mtotal,
                   data = dat.bornmann2007)
bornmann <- bornmann[complete.cases(bornmann$yi, bornmann$vi), ]
berkey <- dat.berkey1998
V_berkey <- vcalc(vi = 1, cluster = author, rvars = c(v1i, v2i), data = berkey)
V_berkey <- as.matrix(V_berkey)
knapp <- dat.knapp2017
V_knapp <- as.matrix(vcalc(vi, cluster = study, grp1 = group1, grp2 = group2, w1 = n_sz, w2 = n_hc,
                           data = knapp))
# Clusters whose groups repeat have a singular V, which no program can invert.
proper <- sapply(split(seq_len(nrow(knapp)), knapp$study), function(i)
  min(eigen(V_knapp[i, i, drop = FALSE], symmetric = TRUE, only.values = TRUE)$values) > 1e-8)
kept <- knapp$study %in% names(proper)[proper]
knapp <- knapp[kept, ]; V_knapp <- V_knapp[kept, kept]
nested <- ~ 1 | cluster/effect

dependents <- list(
  konstantopoulos = dependent("dat.konstantopoulos2011, schools in districts",
    konstantopoulos$yi, konstantopoulos$vi, konstantopoulos$district, c("cluster", "effect"), nested),
  konstantopoulos_year = dependent("dat.konstantopoulos2011 on year", konstantopoulos$yi,
    konstantopoulos$vi, konstantopoulos$district, c("cluster", "effect"), nested,
    cbind(year = konstantopoulos$year)),
  assink = dependent("dat.assink2016, effects in studies", assink$yi, assink$vi, assink$study,
    c("cluster", "effect"), nested),
  assink_year = dependent("dat.assink2016 on year", assink$yi, assink$vi, assink$study,
    c("cluster", "effect"), nested, cbind(year = assink$year)),
  bornmann = dependent("dat.bornmann2007, log odds ratios in studies", as.numeric(bornmann$yi),
    as.numeric(bornmann$vi), bornmann$study, c("cluster", "effect"), nested),
  berkey_effect = dependent("dat.berkey1998, known V, a variance per effect", berkey$yi, V_berkey,
    berkey$author, "effect", ~ 1 | effect, cbind(al = as.numeric(berkey$outcome == "AL"))),
  berkey_trial = dependent("dat.berkey1998, known V, a variance per trial", berkey$yi, V_berkey,
    berkey$author, "cluster", ~ 1 | cluster, cbind(al = as.numeric(berkey$outcome == "AL"))),
  berkey_common = dependent("dat.berkey1998, known V, common effect", berkey$yi, V_berkey,
    berkey$author, character(0), NULL, cbind(al = as.numeric(berkey$outcome == "AL"))),
  berkey_nested = dependent("dat.berkey1998, known V, both variances", berkey$yi, V_berkey,
    berkey$author, c("cluster", "effect"), nested),
  knapp = dependent("dat.knapp2017, shared groups", knapp$yi, V_knapp, knapp$study,
    c("cluster", "effect"), nested)
)

small <- 1:7
permutations <- list(
  bcg_seven = permuted("dat.bcg, first seven trials, latitude", as.numeric(bcg$yi)[small],
    as.numeric(bcg$vi)[small], cbind(dat.bcg$ablat[small]), "z", "DL"),
  bcg_six_hk = permuted("dat.bcg, first six trials, latitude and year", as.numeric(bcg$yi)[1:6],
    as.numeric(bcg$vi)[1:6], cbind(dat.bcg$ablat, dat.bcg$year)[1:6, ], "knha", "DL"),
  bcg_random = permuted("dat.bcg, all trials, random allocation", as.numeric(bcg$yi),
    as.numeric(bcg$vi), cbind(as.numeric(dat.bcg$alloc == "random")), "knha", "DL")
)
fit <- rma(bcg$yi, bcg$vi, mods = dat.bcg$ablat, test = "knha")
set.seed(1)
seconds <- system.time(permutest(fit, iter = 2000, exact = FALSE, progbar = FALSE))[["elapsed"]]

versions <- list(R = paste(R.version$major, R.version$minor, sep = "."),
                 metafor = as.character(packageVersion("metafor")),
                 metadat = as.character(packageVersion("metadat")))
writeLines(json(list(versions = versions, regressions = regressions, dependents = dependents,
                     permutations = permutations, seconds_permutest_2000 = seconds)), output)
