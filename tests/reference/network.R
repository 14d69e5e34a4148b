# Network meta-analysis as a multivariate model, for tests/pooling/test_network.py.
#   Rscript network.R > network.json   (in this folder)
# Contrasts of each study against its first treatment, sampling covariances from the third
# contrast of a study, true effects with variance tau2 and correlation one half (rma.mv with
# struct "CS" and rho 0.5). Side splitting adds one coefficient: + 1/2 for the first and
# - 1/2 for the second treatment of a pair in the studies that hold both.
suppressPackageStartupMessages({library(metafor); library(jsonlite)})

basic <- function(d) {
  names <- sort(unique(c(d$treat1, d$treat2)))
  rows <- list(); V <- list()
  for (s in unique(d$study)) {
    own <- d[d$study == s, ]
    arms <- sort(unique(c(own$treat1, own$treat2)))
    get <- function(a, b) {
      i <- which(own$treat1 == a & own$treat2 == b)
      if (length(i)) return(c(own$yi[i], own$sei[i]^2))
      i <- which(own$treat1 == b & own$treat2 == a)
      c(-own$yi[i], own$sei[i]^2)
    }
    m <- length(arms) - 1
    v <- matrix(0, m, m)
    for (i in seq_len(m)) for (j in seq_len(m)) {
      vi <- get(arms[i + 1], arms[1])[2]; vj <- get(arms[j + 1], arms[1])[2]
      v[i, j] <- if (i == j) vi else (vi + vj - get(arms[i + 1], arms[j + 1])[2]) / 2
    }
    V[[length(V) + 1]] <- v
    for (i in seq_len(m)) rows[[length(rows) + 1]] <- data.frame(
      study = s, base = arms[1], treat = arms[i + 1], yi = get(arms[i + 1], arms[1])[1],
      arms = paste(arms, collapse = "|"))
  }
  x <- do.call(rbind, rows)
  M <- sapply(names[-1], function(t) (x$treat == t) - (x$base == t))
  list(x = x, V = bldiag(V), M = M, names = names)
}

fit <- function(b, M, method) rma.mv(yi, b$V, mods = M, intercept = FALSE,
  random = ~ treat | study, struct = "CS", rho = 0.5, method = method, data = b$x, sparse = FALSE,
  control = list(optimizer = "BFGS", reltol = 1e-15, maxit = 10000))

record <- function(f) list(tau2 = f$tau2, estimate = as.vector(f$beta), se = as.vector(f$se),
  loglik = as.numeric(logLik(f)), QE = f$QE)

arms <- function(d) {
  names <- sort(unique(d$treatment))
  rows <- list(); V <- list()
  for (s in unique(d$study)) {
    own <- d[d$study == s, ]
    if (sum(own$events) == 0) next
    own <- own[order(match(own$treatment, names)), ]
    add <- if (any(own$events == 0 | own$events == own$n)) 0.5 else 0
    y <- log((own$events + add) / (own$n - own$events + add))
    v <- 1 / (own$events + add) + 1 / (own$n - own$events + add)
    m <- nrow(own) - 1
    V[[length(V) + 1]] <- diag(v[-1], m, m) + v[1]
    for (i in seq_len(m)) rows[[length(rows) + 1]] <- data.frame(study = s,
      base = own$treatment[1], treat = own$treatment[i + 1], yi = y[i + 1] - y[1],
      arms = paste(own$treatment, collapse = "|"))
  }
  x <- do.call(rbind, rows)
  M <- sapply(names[-1], function(t) (x$treat == t) - (x$base == t))
  list(x = x, V = bldiag(V), M = M, names = names)
}

text <- c(study = "character")
out <- list(versions = list(R = as.character(getRversion()),
  metafor = as.character(packageVersion("metafor"))))
for (name in c("smokingcessation", "dogliotti")) {
  d <- read.csv(paste0("network_", name, ".csv"), colClasses = text)
  b <- if ("yi" %in% colnames(d)) basic(d) else arms(d)
  one <- list(treatments = b$names)
  for (method in c("REML", "ML")) one[[method]] <- record(fit(b, b$M, method))
  held <- strsplit(b$x$arms, "|", fixed = TRUE)
  pairs <- unique(do.call(rbind, lapply(held, function(a) t(combn(a, 2)))))
  splits <- list()
  for (i in seq_len(nrow(pairs))) {
    p <- pairs[i, ]
    holds <- sapply(held, function(a) all(p %in% a))
    side <- function(t) 0.5 * (t == p[1]) - 0.5 * (t == p[2])
    M <- cbind(b$M, ifelse(holds, side(b$x$treat) - side(b$x$base), 0))
    if (qr(M)$rank < ncol(M)) next
    f <- fit(b, M, "REML")
    n <- length(f$beta)
    splits[[length(splits) + 1]] <- list(treat1 = unname(p[1]), treat2 = unname(p[2]),
      tau2 = f$tau2, difference = f$beta[n], se = f$se[n], p = f$pval[n])
  }
  one$splits <- splits
  out[[name]] <- one
}
cat(toJSON(out, auto_unbox = TRUE, digits = I(17), pretty = TRUE))
