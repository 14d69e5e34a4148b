# Reference numbers for tests/effects/test_network_pools.py: the networks of network_tables.R,
# fitted by rma.mv of metafor with all covariances of trials of several arms.
# Run from the project root:  Rscript tests/reference/network_pools.R
suppressMessages({library(metafor); library(metadat)})
output <- "tests/reference/network_pools.json"
numbers <- function(x) paste0("[", paste(sprintf("%.17g", as.numeric(x)), collapse = ", "), "]")
words <- function(x) paste0("[", paste0("\"", x, "\"", collapse = ", "), "]")

# Contrasts of a trial against its first arm share the variance of that arm.
from_arms <- function(study, treatment, y, v) {
  parts <- split(seq_along(y), factor(study, unique(study)))
  rows <- do.call(rbind, lapply(parts, function(at) data.frame(
    study = as.character(study[at[1]]), treat = treatment[at[-1]], base = treatment[at[1]], yi = y[at[-1]] - y[at[1]])))
  blocks <- lapply(parts, function(at) diag(v[at[-1]], length(at) - 1) + v[at[1]])
  list(rows = rows, V = bldiag(blocks))
}
from_counts <- function(study, treatment, events, n) {
  study <- as.character(study)
  total <- ave(events, study, FUN = sum); all <- ave(n, study, FUN = sum)
  keep <- total > 0 & total < all
  study <- study[keep]; treatment <- as.character(treatment)[keep]; events <- events[keep]; n <- n[keep]
  zero <- ave(as.numeric(events == 0 | events == n), study, FUN = max)
  a <- events + 0.5 * zero; b <- n - events + 0.5 * zero
  from_arms(study, treatment, log(a / b), 1 / a + 1 / b)
}
# The three contrasts of a trial of three arms give the variances of its arms.
from_contrasts <- function(study, treat1, treat2, te, se) {
  parts <- split(seq_along(te), factor(study, unique(study)))
  arms <- do.call(rbind, lapply(parts, function(at) {
    names <- unique(c(treat1[at], treat2[at]))
    design <- outer(treat1[at], names, "==") - outer(treat2[at], names, "==")
    y <- c(0, if (length(names) > 1) qr.solve(design[, -1, drop = FALSE], te[at]))
    v <- if (length(names) == 2) c(se[at]^2, 0) else qr.solve(abs(design), se[at]^2)
    data.frame(study = as.character(study[at[1]]), treatment = names, y = y, v = v)
  }))
  from_arms(arms$study, arms$treatment, arms$y, arms$v)
}
fitted <- function(d) {
  rows <- d$rows
  treatments <- sort(unique(c(rows$treat, rows$base)))
  X <- outer(rows$treat, treatments, "==") - outer(rows$base, treatments, "==")
  X <- X[, -1, drop = FALSE]
  rows$contrast <- factor(paste(rows$treat, rows$base))
  rows$inner <- ave(seq_len(nrow(rows)), rows$study, FUN = seq_along)
  fit <- NULL
  # The tightest tolerance that rounding lets the search reach.
  for (tolerance in 10^-(14:9)) if (is.null(fit)) {
    fit <- tryCatch(rma.mv(yi, d$V, mods = X, intercept = FALSE, random = ~ factor(inner) | study, rho = 0.5, data = rows,
                           method = "REML", control = list(optimizer = "nlminb", rel.tol = tolerance)),
                    error = function(e) NULL)
  }
  common <- rma.mv(yi, d$V, mods = X, intercept = FALSE, data = rows)
  paste0("{\"studies\": ", length(unique(rows$study)), ", \"treatments\": ", words(treatments),
         ", \"tau2\": ", sprintf("%.17g", fit$tau2), ", \"q\": ", sprintf("%.17g", common$QE),
         ", \"estimates\": ", numbers(fit$beta), ", \"errors\": ", numbers(fit$se),
         ", \"common_estimates\": ", numbers(common$beta), ", \"common_errors\": ", numbers(common$se), "}")
}
f <- dat.franchini2012
long <- do.call(rbind, lapply(1:3, function(i) data.frame(
  study = f$Study, treatment = f[[paste0("Treatment", i)]], y = f[[paste0("y", i)]], sd = f[[paste0("sd", i)]],
  n = f[[paste0("n", i)]])))
long <- long[!is.na(long$treatment) & long$treatment != "", ]
long <- long[order(match(long$study, f$Study)), ]
senn <- dat.senn2013
sets <- list(
  smoking = with(dat.hasselblad1998, from_counts(study, trt, xi, ni)),
  parkinson = with(long, from_arms(study, treatment, y, sd^2 / n)),
  bleeding = with(dat.gurusamy2011, from_counts(study, treatment, death, n)),
  dong = with(dat.dong2013, from_counts(id, treatment, death, randomized)),
  woods = with(dat.woods2010, from_counts(author, treatment, r, N)),
  senn = with(senn, from_arms(study, treatment, mi, sdi^2 / ni)),
  depression = with(dat.linde2016, from_contrasts(id, treat1, treat2, lnOR, selnOR))
)
lines <- paste0("\"", names(sets), "\": ", sapply(sets, fitted), collapse = ",\n")
versions <- paste0("{\"R\": \"", getRversion(), "\", \"metafor\": \"", packageVersion("metafor"), "\", \"metadat\": \"",
                   packageVersion("metadat"), "\"}")
writeLines(paste0("{\"versions\": ", versions, ",\n", lines, "}"), output)
