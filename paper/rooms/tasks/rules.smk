# Networks on other tasks, on images of the room's own: one training job for each network, with all its tasks.

TASKS = study.sections()["tasks"]
TASK_JOBS = TASKS.jobs(study)
TASK_STORES = {
    network: [f"{RESULTS}/predictions/tasks/{job.id}.zarr" for job in jobs]
    for network, jobs in TASK_JOBS.items()
}
TASK_RUNS = {network: TASKS.trained_by(network) for network in TASKS.networks}
TRAINED += [
    f"{RESULTS}/tasks/dataset.npz",
    *(store for stores in TASK_STORES.values() for store in stores),
]


rule tasks_data:
    input:
        code=library_modules("workflow/scripts/prepare_data.py"),
    output:
        f"{RESULTS}/tasks/dataset.npz",
    log:
        f"{RESULTS}/logs/tasks/dataset.log",
    benchmark:
        f"{RESULTS}/benchmarks/tasks/dataset.tsv"
    threads: 1
    resources:
        **needs.asked(
            needs.preparation(next(iter(TASK_RUNS.values())), TASKS.data.shrunk)
        ),
    params:
        dataset=TASKS.data.model_dump_json(),
    shell:
        'python "$SCRIPTS"/prepare_data.py --dataset {params.dataset:q} --folder data --output {output:q} > {log:q} 2>&1'
        " || {{ cat {log:q} >&2; exit 1; }}"


rule train_tasks:
    input:
        data=rules.tasks_data.output,
        code=library_modules("paper/rooms/tasks/jobs/train.py"),
    output:
        [
            directory(f"{RESULTS}/predictions/tasks/{{network}}-{task}.zarr")
            for task in TASKS.tasks
        ],
    log:
        f"{RESULTS}/logs/tasks/{{network}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/tasks/{{network}}.tsv"
    wildcard_constraints:
        network=one_of(TASKS.networks),
    threads: 1
    resources:
        **needs.asked(
            lambda wildcards: needs.training(
                TASK_RUNS[wildcards.network], needs.gpus(study)
            ),
            gpu=needs.gpus(study),
        ),
    params:
        jobs=lambda wildcards: json.dumps(
            [job.model_dump(mode="json") for job in TASK_JOBS[wildcards.network]]
        ),
    shell:
        "python -P -m paper.rooms.tasks.jobs.train --jobs {params.jobs:q} --data {input.data:q}"
        " --outputs {output:q} > {log:q} 2>&1"


rule measure_tasks:
    input:
        stores=[store for stores in TASK_STORES.values() for store in stores],
        code=library_modules("paper/rooms/tasks/jobs/measure.py"),
    output:
        models=f"{RESULTS}/tasks/models.parquet",
        measured=f"{RESULTS}/tasks/measured.nc",
        embeddings=[
            f"{RESULTS}/tasks/{split}_embedding.nc" for split in ("train", "test")
        ],
    log:
        f"{RESULTS}/logs/tasks/measure.log",
    benchmark:
        f"{RESULTS}/benchmarks/tasks/measure.tsv"
    threads: 1
    resources:
        **needs.asked(
            needs.comparison(
                needs.models_of(TASK_RUNS.values(), study.analysis.geodesic_points),
                matrices=8,
                rounds=2 * (study.analysis.null_draws + 2 + len(TASKS.other_scales)),
            )
        ),
    params:
        settings=json.dumps(
            dict(
                geodesic_points=study.analysis.geodesic_points,
                draws=study.analysis.null_draws,
                null_seed=study.analysis.null_seed,
                factors=[scale / TASKS.scale for scale in TASKS.other_scales],
            )
        ),
    shell:
        "python -P -m paper.rooms.tasks.jobs.measure --stores {input.stores:q} --settings {params.settings:q}"
        " --models {output.models:q} --measured {output.measured:q} --embeddings {output.embeddings:q} > {log:q} 2>&1"
