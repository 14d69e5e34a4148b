# What is compared with what, and which questions hold it.


rule comparisons:
    input:
        results=all_pooled,
        raw=existing([f"{RAW}/trials.csv", f"{RAW}/arms.csv"]),
        settings=CONFIG_FILE,
        config=existing([*CONFIG_FILES[1:], *RENAMED]),
        schemas=schemas(),
        code=code(
            *(
                "chapters/__init__.py",
                "chapters/comparisons.py",
                "evidence",
                "records",
            ),
            *("questions/__init__.py", "questions/registry.py", "formatting.py"),
        ),
    output:
        f"{BUILT}/comparisons.json",
    log:
        f"{LOGS}/comparisons.log",
    benchmark:
        f"{BENCHMARKS}/comparisons.tsv"
    conda:
        "../../environment.yml"
    params:
        folders=FOLDERS,
        contents=read_by(*RENAMED),
    message:
        "Listing comparisons"
    shell:
        "trialpool step comparisons {params.folders} --config {input.settings}"
        " --output {output} 2> {log} || {{ cat {log} >&2; exit 1; }}"
