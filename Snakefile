# trialpool: from the raw trial tables to figures and a report.
#
#   data/raw, config -> effects -> audit -> gate -> select -> pool -> figures, chapters, comparisons, verification -> report -> publish
#
# `make report` runs it. Which review it builds is said by one file:
#   snakemake --config config_file=path/to/config.yaml


include: "workflow/rules/common.smk"


# Every product is named: Snakemake does not build one again that is missing while what follows from
# it is there.
rule all:
    input:
        MANIFEST,
        f"{RESULTS}/audit.csv",
        TABLES,
        SITE,
        OVERVIEW,
        [product(q, name) for q in QUESTIONS for name in (*PRODUCTS, *drawn(q))],


include: "workflow/rules/evidence.smk"
include: "workflow/rules/synthesis.smk"
include: "workflow/rules/verification.smk"
include: "workflow/rules/overview.smk"
include: "workflow/rules/chapters.smk"
include: "workflow/rules/comparisons.smk"
include: "workflow/rules/changes.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/exports.smk"
include: "workflow/rules/printed.smk"
include: "workflow/rules/publish.smk"
