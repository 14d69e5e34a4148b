# Figures over all questions.


def in_overview(path):
    """Path of a file of the overview, marked for `snakemake --report` if a reader opens it there."""
    stem, _, ending = os.path.basename(path).rpartition(".")
    if ending == "pdf":
        return path
    number = stem.partition("-")[2]
    return report(
        path,
        caption="../report/overview.rst",
        category="Overview",
        labels={
            "of": "all questions" + (f", {number}" if number else ""),
            "as": "figure" if ending == "svg" else "table",
        },
    )


rule overview:
    input:
        results=all_pooled,
    output:
        [in_overview(path) for path in OVERVIEW],
    log:
        f"{LOGS}/overview.log",
    benchmark:
        f"{BENCHMARKS}/overview.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code(
            *("figures", "records", "formatting.py", *ROOMS_FIGURES),
            *("evidence/__init__.py", "evidence/risk_of_bias.py"),
        ),
        folders=FOLDERS,
    message:
        "Drawing the overview"
    shell:
        "trialpool step overview {params.folders:q} --output {output[0]:q} --code {params.code}"
        " 2> {log:q}"
