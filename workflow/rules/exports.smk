# Workbook and document, which the site takes in.


rule exports:
    input:
        results=exported,
        summaries=f"{BUILT}/summaries.json",
        verification=f"{BUILT}/verification.csv",
        settings=CONFIG_FILE,
        config=existing([CONFIG_FILES[1]]),
    output:
        report(
            EXPORTS[0],
            caption="../report/tables.rst",
            category="Editions",
            labels={"edition": "workbook"},
        ),
        report(
            EXPORTS[1],
            caption="../report/summary.rst",
            category="Editions",
            labels={"edition": "document"},
        ),
    log:
        f"{LOGS}/exports.log",
    benchmark:
        f"{BENCHMARKS}/exports.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code(
            *("report", "records", "evidence", "pooling", "formatting.py"),
            "cli/builds/edition_steps.py",
            *("questions/__init__.py", "questions/registry.py", "questions/shared"),
            *("questions/*/__init__.py", "questions/*/page.*", "questions/*/words.py"),
            "questions/*/table.py",
        ),
        folders=FOLDERS,
        folder=subpath(output[0], parent=True),
        contents=digest(existing(CONFIG_FILES[:2])),
    message:
        "Writing workbook and document"
    shell:
        "trialpool step exports {params.folders:q} --config {input.settings:q}"
        " --summaries {input.summaries:q} --verification {input.verification:q}"
        " --output {params.folder:q} --code {params.code} 2> {log:q} || {{ cat {log:q} >&2; exit 1; }}"
