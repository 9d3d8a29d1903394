TRAINED += [
    *rules.dataset.output,
    *(store for name in study.experiments for store in experiment_stores(name)),
]


rule train:
    input:
        data=rules.dataset.output,
        code=library_modules("workflow/scripts/train.py"),
    output:
        directory(f"{RESULTS}/predictions/{{experiment}}/{{configuration}}.zarr"),
    log:
        f"{RESULTS}/logs/train/{{experiment}}/{{configuration}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/{{experiment}}/{{configuration}}.tsv"
    threads: 1 + study.dataset.workers
    resources:
        **needs.asked(
            lambda wildcards: needs.training(
                RUNS[wildcards.experiment][wildcards.configuration], needs.gpus(study)
            ),
            gpu=needs.gpus(study),
        ),
    params:
        job=training_job,
    shell:
        'python "$SCRIPTS"/train.py --job {params.job:q} --data {input.data:q} --output {output:q} > {log:q} 2>&1'
