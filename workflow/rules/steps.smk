# Every rule of the workflow.


# The first page of `snakemake --report`.
report: "../report/workflow.rst"


include: "evidence.smk"
include: "synthesis.smk"
include: "verification.smk"
include: "overview.smk"
include: "chapters.smk"
include: "comparisons.smk"
include: "changes.smk"
include: "report.smk"
include: "exports.smk"
include: "printed.smk"
include: "publish.smk"
