# What is compared with what, which questions hold it, and what is found of each comparison.


rule comparisons:
    input:
        results=all_pooled,
        raw=raw_files(),
        settings=CONFIG_FILE,
        config=existing([*CONFIG_FILES[1:], *RENAMED]),
    output:
        comparisons=f"{BUILT}/comparisons.json",
        summaries=f"{BUILT}/summaries.json",
    log:
        f"{LOGS}/comparisons.log",
    benchmark:
        f"{BENCHMARKS}/comparisons.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code(
            *(
                "chapters/__init__.py",
                "chapters/comparisons.py",
                "chapters/not_pooled.py",
                "evidence",
                "records",
                "pooling",
                "summary",
            ),
            *("questions/__init__.py", "questions/registry.py", "formatting.py"),
            *("questions/*/__init__.py", "questions/*/chapter.py"),
            *("questions/shared/words/__init__.py", "questions/shared/words/sides.py"),
        ),
        folders=FOLDERS,
        contents=read_by(*RENAMED),
        schemas=schemas(),
    message:
        "Listing comparisons and what is found of each"
    shell:
        "trialpool step comparisons {params.folders:q} --config {input.settings:q}"
        " --output {output.comparisons:q} --summaries {output.summaries:q}"
        " 2> {log:q} || {{ cat {log:q} >&2; exit 1; }}"
