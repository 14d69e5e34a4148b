# Every pool a second time, by another engine.

# Curves are reconstructed again for the other engine.
CURVES = raw_files() if "curve_arms" in SETTINGS.tables else []


rule verify:
    input:
        results=all_pooled,
        raw=CURVES,
        settings=CONFIG_FILE,
    output:
        report(
            f"{BUILT}/verification.csv",
            caption="../report/verification.rst",
            category="Checks",
            labels={"table": "pools computed twice"},
        ),
    log:
        f"{LOGS}/verify.log",
    benchmark:
        f"{BENCHMARKS}/verify.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code(
            *("verification", "questions/registry.py", "questions/*/verification.py"),
            *(
                "questions/*/__init__.py",
                "questions/__init__.py",
                "questions/shared/verified.py",
            ),
            *("records", "pooling", "survival", "evidence", "formatting.py"),
            "cli/builds/edition_steps.py",
        ),
        folders=FOLDERS,
        contents=digest([CONFIG_FILE, *CURVES]),
    message:
        "Computing the pools a second time"
    shell:
        "trialpool step verify {params.folders:q} --config {input.settings:q}"
        " --output {output:q} --code {params.code} 2> {log:q} || {{ cat {log:q} >&2; exit 1; }}"
