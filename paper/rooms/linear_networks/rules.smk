# Linear models of theory, and networks on images, which the room prepares itself.

LINEAR = study.sections()["linear_networks"]
LINEAR_JOBS = LINEAR.jobs()
TRAINED += [f"{RESULTS}/linear_networks/images.npz", *experiment_stores("linear")]


rule linear_theory:
    input:
        code=library_modules("paper/rooms/linear_networks/jobs/simulate.py"),
    output:
        f"{RESULTS}/linear_networks/theory.nc",
    log:
        f"{RESULTS}/logs/linear_networks/theory.log",
    benchmark:
        f"{RESULTS}/benchmarks/linear_networks/theory.tsv"
    threads: 1
    resources:
        **LIGHT,
    params:
        theory=LINEAR.theory.model_dump_json(),
    shell:
        "python -P -m paper.rooms.linear_networks.jobs.simulate --theory {params.theory:q} --output {output:q} > {log:q} 2>&1"


rule linear_images:
    input:
        code=library_modules("workflow/scripts/prepare_data.py"),
    output:
        f"{RESULTS}/linear_networks/images.npz",
    log:
        f"{RESULTS}/logs/linear_networks/images.log",
    benchmark:
        f"{RESULTS}/benchmarks/linear_networks/images.tsv"
    threads: 1
    resources:
        **needs.asked(
            needs.preparation(
                next(iter(RUNS["linear"].values())), LINEAR.images.shrunk
            )
        ),
    params:
        dataset=LINEAR.images.model_dump_json(),
    shell:
        'python "$SCRIPTS"/prepare_data.py --dataset {params.dataset:q} --folder data --output {output:q} > {log:q} 2>&1'
        " || {{ cat {log:q} >&2; exit 1; }}"


rule train_linear:
    input:
        data=rules.linear_images.output,
        code=library_modules("workflow/scripts/train.py"),
    output:
        directory(f"{RESULTS}/predictions/linear/{{network}}.zarr"),
    log:
        f"{RESULTS}/logs/linear_networks/train_{{network}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/linear_networks/train_{{network}}.tsv"
    wildcard_constraints:
        network=one_of(LINEAR_JOBS),
    threads: 1
    resources:
        **needs.asked(
            lambda wildcards: needs.training(RUNS["linear"][wildcards.network])
        ),
    params:
        job=lambda wildcards: LINEAR_JOBS[wildcards.network].model_dump_json(),
    shell:
        'python "$SCRIPTS"/train.py --job {params.job:q} --data {input.data:q} --output {output:q} > {log:q} 2>&1'


rule place_in_linear_axes:
    input:
        linear=[f"{RESULTS}/predictions/linear/{name}.zarr" for name in LINEAR.linear()],
        others=[
            f"{RESULTS}/predictions/linear/{name}.zarr"
            for name in LINEAR_JOBS
            if name not in LINEAR.linear()
        ],
        code=library_modules("paper/rooms/linear_networks/jobs/place.py"),
    output:
        explained=f"{RESULTS}/linear_networks/explained.nc",
        places=f"{RESULTS}/linear_networks/places.parquet",
    log:
        f"{RESULTS}/logs/linear_networks/place.log",
    benchmark:
        f"{RESULTS}/benchmarks/linear_networks/place.tsv"
    threads: 1
    resources:
        **needs.asked(needs.comparison(models_of("linear"), matrices=8)),
    params:
        null_seed=LINEAR.null_seed,
    shell:
        "python -P -m paper.rooms.linear_networks.jobs.place --linear {input.linear:q} --others {input.others:q}"
        " --null-seed {params.null_seed:q} --explained {output.explained:q} --places {output.places:q} > {log:q} 2>&1"
