# The page that a reader opens.


def reported(wildcards):
    """All results and their figures, behind the checkpoint."""
    checkpoints.select.get()
    return [
        product(q, name) for q in QUESTIONS for name in ("result.json", "forest.svg")
    ]


rule report:
    input:
        results=reported,
        findings=RESULTS + "/audit.csv",
        settings=CONFIG_FILE,
        code=code("report", "formatting.py"),
    output:
        RESULTS + "/report/index.html",
    log:
        LOGS + "/report.log",
    benchmark:
        BENCHMARKS + "/report.tsv"
    conda:
        "../../environment.yml"
    params:
        folders=[f"{RESULTS}/questions/{question}" for question in QUESTIONS],
    message:
        "Writing the report"
    shell:
        "trialpool step report {params.folders} --config {input.settings}"
        " --findings {input.findings} --output {output} 2> {log}"
