# Reference numbers for tests/survival, from R's survival package.
#
# Run from the project root after writing the data (time, event, arm as CSV) into a folder:
#   .venv/bin/python tests/survival/write_data.py FOLDER && Rscript tests/reference/survival.R FOLDER
# It writes tests/reference/survival.json with 17 significant digits and the versions.
suppressMessages(library(survival))
folder <- commandArgs(trailingOnly = TRUE)[1]
number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
entries <- c()
for (file in sort(list.files(folder, pattern = "csv$"))) {
  d <- read.csv(file.path(folder, file))
  fit <- coxph(Surv(time, event) ~ arm, data = d, control = coxph.control(eps = 1e-13, iter.max = 100))
  test <- cox.zph(fit, transform = "km")$table["arm", ]
  horizon <- floor(0.6 * min(tapply(d$time, d$arm, max)))
  arms <- sapply(0:1, function(a) {
    curve <- survfit(Surv(time, event) ~ 1, data = d[d$arm == a, ])
    t <- summary(curve, rmean = horizon)$table
    s <- summary(curve, times = horizon)
    sprintf('{"n": %d, "events": %d, "median": %s, "rmst": %s, "rmst_se": %s, "survival": %s, "survival_se": %s}',
            as.integer(t["records"]), as.integer(t["events"]), number(t["median"]),
            number(t[grep("^\\*?rmean", names(t))[1]]), number(t[grep("se\\(rmean\\)", names(t))[1]]),
            number(s$surv), number(s$std.err))
  })
  entries <- c(entries, sprintf(
    '    "%s": {"log_hr": %s, "se": %s, "ph_statistic": %s, "ph_p_value": %s, "horizon": %s,\n      "control": %s,\n      "experimental": %s}',
    sub("\\.csv$", "", file), number(coef(fit)), number(sqrt(vcov(fit)[1, 1])), number(test["chisq"]),
    number(test["p"]), number(horizon), arms[1], arms[2]))
}
cat(sprintf('{\n  "versions": {"R": "%s", "survival": "%s"},\n  "sets": {\n%s\n  }\n}\n',
            paste(R.version$major, R.version$minor, sep = "."), packageVersion("survival"),
            paste(entries, collapse = ",\n")), file = "tests/reference/survival.json")
