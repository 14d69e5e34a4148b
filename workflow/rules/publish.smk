# The last rule: what was built takes the place of what was published before.

# Whether files were missing or altered when the rule last ran.
SAID = here(f"{LOGS}/publish.state")


rule publish:
    input:
        built=all_built,
    output:
        MANIFEST,
    log:
        f"{LOGS}/publish.log",
    benchmark:
        f"{BENCHMARKS}/publish.tsv"
    localrule: True  # less work than a job of a cluster
    conda:
        ENVIRONMENT
    params:
        code=code("cache.py", "cli/builds/publishing.py"),
        folders=[here(BUILT), here(RESULTS)],
        record=here(f"{STAGING}/published.json"),
        # Published files are no outputs: one that is missing or altered is seen here.
        state=state_of(
            *map(Path, [here(RESULTS), here(f"{STAGING}/published.json"), SAID])
        ),
        said=SAID,
    message:
        "Publishing"
    shell:
        "trialpool step publish {params.folders:q} --record {params.record:q}"
        " --output {output:q} 2> {log:q} && echo {params.state:q} > {params.said:q}"
