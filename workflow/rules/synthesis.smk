# Pooling and drawing, one pair of jobs per shard of questions.

# What the kinds of questions load to pool, the sentence of a group included: a change of figures or
# of the page pools nothing again.
KINDS_POOL = [
    "questions/__init__.py",
    "questions/registry.py",
    "questions/*/__init__.py",
    "questions/*/pool.py",
    "questions/*/words.py",
    "questions/shared/synthesis",
    "questions/shared/words",
    "questions/shared/selection/__init__.py",
    "questions/shared/selection/files.py",
    "questions/comparison/absolute.py",
    "questions/comparison/borrowed.py",
    "questions/comparison/count_*.py",
    "questions/comparison/more_evidence.py",
    "questions/interaction/joint_levels.py",
    "questions/interaction/levels_pooled.py",
    "questions/mean_time/course.py",
    "questions/mean_time/curve_measures.py",
    "questions/mean_time/pooled_curve.py",
    "questions/mean_time/tau_prior.py",
    "questions/network/assumed.py",
    "questions/network/fit.py",
    "questions/network/judging.py",
    "questions/network/merging.py",
    "questions/network/multiverse.py",
    "questions/network/studies.py",
]


for shard in sorted(SHARDS):

    rule:
        name:
            f"pool_{shard}"
        input:
            selection=selected(shard),
        output:
            [in_report(question, name) for question in SHARDS[shard] for name in POOLED],
        log:
            f"{LOGS}/pool_{shard}.log",
        benchmark:
            f"{BENCHMARKS}/pool_{shard}.tsv"
        conda:
            ENVIRONMENT
        params:
            code=code(
                *("records", "pooling", "sensitivity", "survival", "effects"),
                *("evidence", "formatting.py", *KINDS_POOL),
            ),
            folders=folders(shard),
        message:
            f"Pooling: {shard}"
        shell:
            "trialpool step pool {params.folders:q} --code {params.code} 2> {log:q}"

    rule:
        name:
            f"figures_{shard}"
        input:
            results=results_shown(shard),
            release=released(shard),
        output:
            [
                in_report(question, name)
                for question in SHARDS[shard]
                for name in drawn(question)
            ],
        log:
            f"{LOGS}/figures_{shard}.log",
        benchmark:
            f"{BENCHMARKS}/figures_{shard}.tsv"
        conda:
            ENVIRONMENT
        params:
            code=code(
                *("figures", "records", "formatting.py"),
                *("effects/__init__.py", "effects/flags.py"),
                *("evidence/__init__.py", "evidence/grades.py"),
                *("evidence/risk_of_bias.py", "evidence/risk_of_bias_summary.py"),
                *ROOMS_FIGURES,
                *FIGURES_COMPUTE,
            ),
            folders=folders(shard),
            settings=json.dumps(SETTINGS.config.get("figures", {}), sort_keys=True),
            release=[f"--release {quote(here(path))}" for path in RELEASE],
            beside=pairs(shard),
            judged=" --risk-of-bias" if JUDGED else "",
            contents=digest(released(shard)),
        message:
            f"Drawing: {shard}"
        shell:
            "trialpool step figures {params.folders:q} --settings {params.settings:q}"
            " {params.release} {params.beside}{params.judged} --code {params.code} 2> {log:q}"
