# What moved since the last release, and which rows moved it.


rule changes:
    input:
        results=all_pooled,
        effects=derived,
        comparisons=f"{BUILT}/comparisons.json",
        release=release_files(),
        settings=CONFIG_FILE,
    output:
        f"{BUILT}/changes.json",
    log:
        f"{LOGS}/changes.log",
    benchmark:
        f"{BENCHMARKS}/changes.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code(
            *("changes", "records", "formatting.py", "cli/builds/edition_steps.py"),
            *("questions/__init__.py", "questions/registry.py", "pooling"),
        ),
        folders=FOLDERS,
        contents=digest([CONFIG_FILE, *release_files()]),
    message:
        "Comparing with the last release"
    shell:
        "trialpool step changes {params.folders:q} --config {input.settings:q}"
        " --effects {input.effects:q} --comparisons {input.comparisons:q} --output {output:q}"
        " 2> {log:q} || {{ cat {log:q} >&2; exit 1; }}"
