# Writes data sets of metadat by write.csv and write.csv2, as they are: inputs of
# tests/effects/test_metadat.py. Run: Rscript tests/reference/metadat_export.R FOLDER
suppressMessages(library(metadat))
folder <- commandArgs(trailingOnly = TRUE)[1]
names <- c(
  "dat.anand1999", "dat.bangertdrowns2004", "dat.bcg", "dat.bonett2010", "dat.colditz1994",
  "dat.crede2010", "dat.curtis1998", "dat.damico2009", "dat.debruin2009", "dat.egger2001",
  "dat.gibson2002", "dat.graves2010", "dat.hackshaw1998", "dat.hahn2001", "dat.hannum2020",
  "dat.hart1999", "dat.hine1989", "dat.konstantopoulos2011", "dat.laopaiboon2015", "dat.lau1992",
  "dat.lee2004", "dat.li2007", "dat.linde2005", "dat.mcdaniel1994", "dat.molloy2014",
  "dat.nakagawa2007", "dat.nielweise2007", "dat.nielweise2008", "dat.normand1999",
  "dat.pignon2000", "dat.pritz1997", "dat.raudenbush1985", "dat.riley2003", "dat.aloe2013",
  "dat.tannersmith2016", "dat.viechtbauer2021", "dat.yusuf1985", "dat.cohen1981"
)
for (name in names) {
  data <- get(name)
  write.csv(data, file.path(folder, paste0(name, ".csv")))
  write.csv2(data, file.path(folder, paste0(name, "-csv2.csv")))
}
