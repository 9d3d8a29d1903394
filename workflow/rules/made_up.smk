TRAINED += [
    *rules.dataset.output,
    *(store for name in study.experiments for store in experiment_stores(name)),
]


rule made_up:
    input:
        data=rules.dataset.output,
        code=library_modules("workflow/scripts/make_up.py"),
    output:
        directory(f"{RESULTS}/predictions/{{experiment}}/{{configuration}}.zarr"),
    log:
        f"{RESULTS}/logs/made_up/{{experiment}}/{{configuration}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/made_up/{{experiment}}/{{configuration}}.tsv"
    threads: 1
    resources:
        **needs.asked(
            lambda wildcards: needs.training(
                RUNS[wildcards.experiment][wildcards.configuration]
            )
        ),
    params:
        job=training_job,
    shell:
        'python "$SCRIPTS"/make_up.py --job {params.job:q} --data {input.data:q} --output {output:q} > {log:q} 2>&1'
