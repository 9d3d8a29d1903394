# Linear models of theory, and linear networks on the study's images, in whose axes its networks are placed.

LINEAR = study.sections()["linear_networks"]
LINEAR_JOBS = LINEAR.jobs()
TRAINED += experiment_stores("linear")


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


rule train_linear:
    input:
        data=rules.dataset.output,
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
        linear=experiment_stores("linear"),
        networks=experiment_stores("main"),
        models=f"{RESULTS}/{files.models('main')}",
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
        **needs.asked(
            needs.comparison(
                needs.at_most(models_of("main"), 2 * LINEAR.models), matrices=8
            )
        ),
    params:
        most=LINEAR.models,
        null_seed=LINEAR.null_seed,
    shell:
        "python -P -m paper.rooms.linear_networks.jobs.place --linear {input.linear:q} --networks {input.networks:q}"
        " --models {input.models:q} --most {params.most:q} --null-seed {params.null_seed:q} --explained {output.explained:q} --places {output.places:q} > {log:q} 2>&1"
