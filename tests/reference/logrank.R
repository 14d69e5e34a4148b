# Log-rank statistics and Cox models of published individual data, and of O - E with V, for
# tests/effects/test_rungs.py. Writes tests/reference/logrank.json.
# colon: Moertel 1990; ovarian: Edmunson 1979; veteran: Kalbfleisch and Prentice 1980 (package
# survival). pignon2000: Pignon 2000, Lancet 355:949 (package metadat).
suppressMessages({library(survival); library(metadat); library(metafor); library(jsonlite)})

number <- function(x) sprintf("%.17g", x)
one <- function(name, time, status, experimental) {
  d <- survdiff(Surv(time, status) ~ experimental)
  cox <- coxph(Surv(time, status) ~ experimental, ties = "efron")
  o_minus_e <- unname(d$obs[2] - d$exp[2])
  v <- unname(d$var[2, 2])
  list(name = name, n_experimental = sum(experimental == 1), n_control = sum(experimental == 0),
       events_experimental = unname(d$obs[2]), events_control = unname(d$obs[1]),
       o_minus_e = number(o_minus_e), variance = number(v), chisq = number(d$chisq),
       p = number(pchisq(d$chisq, 1, lower.tail = FALSE)),
       cox_yi = number(unname(coef(cox))), cox_sei = number(sqrt(vcov(cox)[1, 1])),
       cox_lower = number(unname(exp(confint(cox)))[1]),
       cox_upper = number(unname(exp(confint(cox)))[2]),
       cox_p = number(unname(summary(cox)$coefficients[1, "Pr(>|z|)"])))
}
deaths <- subset(colon, etype == 2)
recurrence <- subset(colon, etype == 1)
two <- function(data, arm) data[data$rx %in% c("Obs", arm), ]
trials <- list()
for (set in c("deaths", "recurrence")) for (arm in c("Lev", "Lev+5FU")) {
  data <- two(get(set), arm)
  trials[[length(trials) + 1]] <- one(paste("colon", set, arm), data$time, data$status,
                                      as.integer(data$rx == arm))
}
trials[[length(trials) + 1]] <- one("ovarian", ovarian$futime, ovarian$fustat,
                                    as.integer(ovarian$rx == 2))
trials[[length(trials) + 1]] <- one("veteran", veteran$time, veteran$status,
                                    as.integer(veteran$trt == 2))
pignon <- dat.pignon2000
common <- rma(yi = OmE / V, vi = 1 / V, data = pignon, method = "EE")
out <- list(
  versions = list(R = as.character(getRversion()),
                  survival = as.character(packageVersion("survival")),
                  metafor = as.character(packageVersion("metafor")),
                  metadat = as.character(packageVersion("metadat"))),
  trials = trials,
  pignon2000 = list(trial = pignon$trial, o_minus_e = number(pignon$OmE),
                    variance = number(pignon$V), yi = number(common$b[1]),
                    sei = number(common$se)))
write(toJSON(out, auto_unbox = TRUE, pretty = TRUE), "tests/reference/logrank.json")
