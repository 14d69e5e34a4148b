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


# Snakemake asks a rule for each file that it looks for, and the rule compares that with its own files
# one by one, each a regular expression: quadratic in questions. Without wildcards a set says the same.
# A module's rules are left alone: who uses them may have given them other files.
if not IS_MODULE:
    for one in workflow.rules:
        if not one.has_wildcards():
            one.is_producer = frozenset(map(str, one.products())).__contains__

    # After each job that it starts Snakemake looks again once a second, for good, whether its limit of
    # jobs a second lets it start more: after hundreds of jobs it does little else. Local ones need no limit.
    if workflow.local_exec and workflow.scheduling_settings:
        workflow.scheduling_settings.max_jobs_per_timespan = None
