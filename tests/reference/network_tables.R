# Writes networks of metadat in the column sets of the programs that people use: inputs of
# tests/effects/test_network_files.py. Run: Rscript tests/reference/network_tables.R FOLDER
suppressMessages(library(metadat))
folder <- commandArgs(trailingOnly = TRUE)[1]
out <- function(data, name, ...) write.csv(data, file.path(folder, paste0(name, ".csv")), ...)
smoking <- dat.hasselblad1998
out(data.frame(study = smoking$study, treatment = smoking$trt, responders = smoking$xi,
               sampleSize = smoking$ni), "gemtc-smoking", row.names = FALSE)
out(data.frame(studyn = smoking$study, trtn = as.integer(factor(smoking$trt)), trtc = smoking$trt,
               r = smoking$xi, n = smoking$ni), "multinma-smoking", row.names = FALSE)
wide <- function(d, study, trt, columns) {
  parts <- split(d, factor(d[[study]], unique(d[[study]])))
  arms <- max(sapply(parts, nrow))
  do.call(rbind, lapply(parts, function(p) {
    row <- data.frame(studlab = p[[study]][1])
    for (i in seq_len(arms)) {
      row[[paste0("treat", i)]] <- p[[trt]][i]
      for (c in names(columns)) row[[paste0(c, i)]] <- p[[columns[[c]]]][i]
    }
    row
  }))
}
out(wide(smoking, "study", "trt", list(event = "xi", n = "ni")), "netmeta-smoking",
    row.names = FALSE)
write.csv2(smoking, file.path(folder, "metafor-smoking.csv"))
out(data.frame(s.id = smoking$study, t.id = as.integer(factor(smoking$trt)),
               event.n = smoking$xi, total.n = smoking$ni), "pcnetmeta-smoking", row.names = FALSE)
franchini <- dat.franchini2012
out(franchini, "netmeta-parkinson", row.names = FALSE)
long <- do.call(rbind, lapply(1:3, function(i) data.frame(
  study = franchini$Study, treatment = franchini[[paste0("Treatment", i)]],
  mean = franchini[[paste0("y", i)]], sd = franchini[[paste0("sd", i)]],
  n = franchini[[paste0("n", i)]])))
long <- long[!is.na(long$treatment) & long$treatment != "", ]
long <- long[order(match(long$study, franchini$Study)), ]
out(data.frame(study = long$study, treatment = long$treatment, mean = long$mean,
               std.dev = long$sd, sampleSize = long$n), "gemtc-parkinson", row.names = FALSE)
out(data.frame(Study = long$study, Treatment = long$treatment, y = long$mean, sd = long$sd,
               n = long$n), "bugsnet-parkinson", row.names = FALSE)
relative <- do.call(rbind, lapply(split(long, factor(long$study, unique(long$study))), function(p) {
  error <- p$sd^2 / p$n
  base <- if (nrow(p) > 2) sqrt(error[1]) else NA
  data.frame(study = p$study, treatment = p$treatment, diff = c(NA, p$mean[-1] - p$mean[1]),
             std.err = c(base, sqrt(error[-1] + error[1])))
}))
out(relative, "gemtc-parkinson-relative", row.names = FALSE)
names(relative) <- c("studyc", "trtc", "diff", "se_diff")
out(relative, "multinma-parkinson-relative", row.names = FALSE)
linde <- dat.linde2016
out(linde, "metadat-depression")
out(data.frame(studlab = linde$id, treat1 = linde$treat1, treat2 = linde$treat2,
               TE = linde$lnOR, seTE = linde$selnOR), "netmeta-depression", row.names = FALSE)
out(dat.gurusamy2011, "metadat-bleeding")
write.csv2(dat.gurusamy2011, file.path(folder, "metadat-bleeding-csv2.csv"))
out(dat.dong2013, "metadat-dong")
out(dat.woods2010, "metadat-woods")
out(dat.senn2013, "metadat-senn")
