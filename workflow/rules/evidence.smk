# From the raw tables to the input of each question.


rule effects:
    input:
        raw=raw_files(),
        settings=CONFIG_FILE,
        config=existing(CONFIG_FILES[1:]),
    output:
        f"{STAGING}/effects.csv",
    log:
        f"{LOGS}/effects.log",
    benchmark:
        f"{BENCHMARKS}/effects.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code("evidence", "survival", "effects", "formatting.py"),
        contents=read_by(),
    message:
        "Deriving effect sizes"
    shell:
        "trialpool step effects --config {input.settings:q} --output {output:q} 2> {log:q}"


# Always succeeds, so that its findings outlive a build that the gate stops. It derives the
# effect sizes anew in memory rather than wait for the file: the two run side by side.
rule audit:
    input:
        raw=raw_files(),
        settings=CONFIG_FILE,
        config=existing([*CONFIG_FILES[1:], *ACCEPTED_FINDINGS, *RENAMED, *ABOUT]),
    output:
        findings=report(
            f"{RESULTS}/audit.csv",
            caption="../report/audit.rst",
            category="Checks",
            labels={"table": "findings of the audit"},
        ),
        rules=f"{STAGING}/audit_rules.csv",
    log:
        f"{LOGS}/audit.log",
    benchmark:
        f"{BENCHMARKS}/audit.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code(
            *("evidence", "survival", "effects", "audit", "formatting.py", "pooling"),
            *("questions/__init__.py", "questions/registry.py"),
            *("questions/*/__init__.py", "questions/*/audit.py"),
            *(
                f"records/{part}.py"
                for part in ("__init__", "base", "comparisons", "pools", "trials")
            ),
        ),
        contents=read_by(*ACCEPTED_FINDINGS, *RENAMED, *ABOUT),
        schemas=schemas(),
    message:
        "Checking every number"
    shell:
        "trialpool step audit --config {input.settings:q} --output {output.findings:q}"
        " --rules {output.rules:q} 2> {log:q}"


rule gate:
    input:
        findings=f"{RESULTS}/audit.csv",
    output:
        f"{STAGING}/gate.json",
    log:
        f"{LOGS}/gate.log",
    benchmark:
        f"{BENCHMARKS}/gate.tsv"
    localrule: True  # less work than a job of a cluster
    conda:
        ENVIRONMENT
    params:
        code=code(),
    message:
        "Looking for fatal findings"
    shell:
        "trialpool step gate {input.findings:q} --output {output:q} 2> {log:q}"
        " || {{ cat {log:q} >&2; exit 1; }}"


rule select:
    input:
        gate=f"{STAGING}/gate.json",
        findings=f"{RESULTS}/audit.csv",
        effects=f"{STAGING}/effects.csv",
        raw=raw_files(),
        settings=CONFIG_FILE,
        config=existing([*CONFIG_FILES[1:], *RENAMED]),
    output:
        f"{BUILT}/effects.csv",
        f"{BUILT}/curves.csv",
        [product(question, name) for question in QUESTIONS for name in SELECTED],
    log:
        f"{LOGS}/select.log",
    benchmark:
        f"{BENCHMARKS}/select.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code(
            *("evidence", "survival", "effects", "records", "formatting.py"),
            *("questions/__init__.py", "questions/registry.py"),
            *("questions/*/__init__.py", "questions/*/select.py"),
            "questions/shared/selection",
            *(
                f"questions/interaction/{part}.py"
                for part in ("level_sets", "marker_rows", "subtraction")
            ),
            *(
                f"questions/mean_time/{part}.py"
                for part in ("candidates", "landmarks")
            ),
            *(f"questions/network/{part}.py" for part in ("merging", "nodes")),
        ),
        folder=subpath(output[0], parent=True),
        contents=read_by(*RENAMED),
        schemas=schemas(),
    message:
        "Selecting the rows of each question"
    shell:
        "trialpool step select --config {input.settings:q} --effects {input.effects:q}"
        " --findings {input.findings:q} --output {params.folder:q} 2> {log:q}"


# The one checkpoint: below it, what a question's files did not change is not run again. It has one
# file, because Snakemake looks at all files of a checkpoint for every job that asks for it.
checkpoint selected:
    input:
        rules.select.output[0],
    output:
        ALL_SELECTED,
    log:
        f"{LOGS}/selected.log",
    localrule: True
    conda:
        ENVIRONMENT
    message:
        "Looking which questions have other rows"
    shell:
        "cksum < {input:q} > {output:q} 2> {log:q}"
