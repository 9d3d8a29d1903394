LEARNER_JOBS = study.sections()["own_runs"].jobs()
TRAINED += experiment_stores("own")


rule train_learner:
    input:
        data=rules.dataset.output,
        code=library_modules("paper/rooms/own_runs/jobs/train.py"),
    output:
        directory(f"{RESULTS}/predictions/own/{{learner}}.zarr"),
    log:
        f"{RESULTS}/logs/train_learner/{{learner}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_learner/{{learner}}.tsv"
    wildcard_constraints:
        learner=one_of(LEARNER_JOBS),
    threads: 1
    resources:
        **needs.asked(needs.comparison(models_of("own"), matrices=0, rounds=0)),
    params:
        job=lambda wildcards: LEARNER_JOBS[wildcards.learner].model_dump_json(),
    shell:
        "python -P -m paper.rooms.own_runs.jobs.train --job {params.job:q} --data {input.data:q} --output {output:q} > {log:q} 2>&1"


rule place_learners:
    input:
        learners=experiment_stores("own"),
        networks=experiment_stores("main"),
        models=f"{RESULTS}/{files.models('main')}",
        embeddings=[
            f"{RESULTS}/{files.embedding('main', split)}"
            for split in ("train", "test")
        ],
        distances=[
            f"{RESULTS}/{files.distances('main', split)}"
            for split in ("train", "test")
        ],
        described=[
            files.described(f"{RESULTS}/{files.distances('main', split)}")
            for split in ("train", "test")
        ],
        code=library_modules("paper/rooms/own_runs/jobs/place.py"),
    output:
        placed=f"{RESULTS}/own_runs/placed.parquet",
        nearest=f"{RESULTS}/own_runs/nearest.nc",
    log:
        f"{RESULTS}/logs/place_learners.log",
    benchmark:
        f"{RESULTS}/benchmarks/place_learners.tsv"
    threads: 1
    resources:
        **needs.asked(needs.comparison(models_of("main"))),
    params:
        settings=json.dumps(
            dict(
                fitted_error=study.analysis.fitted_error,
                null_seed=study.analysis.null_seed,
            )
        ),
    shell:
        "python -P -m paper.rooms.own_runs.jobs.place --learners {input.learners:q} --networks {input.networks:q}"
        " --models {input.models:q} --embeddings {input.embeddings:q} --distances {input.distances:q}"
        " --settings {params.settings:q} --placed {output.placed:q} --nearest {output.nearest:q} > {log:q} 2>&1"
