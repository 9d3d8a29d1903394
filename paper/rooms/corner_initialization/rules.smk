CORNER_JOBS = study.sections()["corner_initialization"].jobs(study)
TRAINED += experiment_stores("corners")


rule train_corner:
    input:
        data=rules.dataset.output,
        code=library_modules("paper/rooms/corner_initialization/jobs/train.py"),
    output:
        directory(f"{RESULTS}/predictions/corners/{{start}}.zarr"),
    log:
        f"{RESULTS}/logs/train_corner/{{start}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_corner/{{start}}.tsv"
    wildcard_constraints:
        start=one_of(CORNER_JOBS),
    threads: 1
    resources:
        **needs.asked(
            lambda wildcards: needs.training(
                RUNS["corners"][wildcards.start], needs.gpus(study)
            ),
            gpu=needs.gpus(study),
        ),
    params:
        job=lambda wildcards: CORNER_JOBS[wildcards.start].model_dump_json(),
    shell:
        "python -P -m paper.rooms.corner_initialization.jobs.train --job {params.job:q} --data {input.data:q} --output {output:q} > {log:q} 2>&1"


rule corner_geometry:
    input:
        stores=experiment_stores("corners"),
        models=f"{RESULTS}/{files.models('corners')}",
        code=library_modules("paper/rooms/corner_initialization/jobs/geometry.py"),
    output:
        runs=f"{RESULTS}/distances/corners/runs.parquet",
        paths=f"{RESULTS}/distances/corners/paths.nc",
    log:
        f"{RESULTS}/logs/corner_geometry.log",
    benchmark:
        f"{RESULTS}/benchmarks/corner_geometry.tsv"
    threads: 1
    resources:
        **needs.asked(needs.comparison(models_of("corners"))),
    shell:
        "python -P -m paper.rooms.corner_initialization.jobs.geometry --stores {input.stores:q} --models {input.models:q}"
        " --runs {output.runs:q} --paths {output.paths:q} > {log:q} 2>&1"
