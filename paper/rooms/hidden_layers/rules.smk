# Networks whose layers are read by probes, on images that the room prepares itself.

LAYERS = study.sections()["hidden_layers"]
LAYERS_JOBS = LAYERS.jobs()
TRAINED += [f"{RESULTS}/hidden_layers/images.npz", *experiment_stores("layers")]


rule layers_images:
    input:
        code=library_modules("workflow/scripts/prepare_data.py"),
    output:
        f"{RESULTS}/hidden_layers/images.npz",
    log:
        f"{RESULTS}/logs/hidden_layers/images.log",
    benchmark:
        f"{RESULTS}/benchmarks/hidden_layers/images.tsv"
    threads: 1
    resources:
        **needs.asked(
            needs.preparation(
                next(iter(RUNS["layers"].values())), LAYERS.images.shrunk
            )
        ),
    params:
        dataset=LAYERS.images.model_dump_json(),
    shell:
        'python "$SCRIPTS"/prepare_data.py --dataset {params.dataset:q} --folder data --output {output:q} > {log:q} 2>&1'
        " || {{ cat {log:q} >&2; exit 1; }}"


rule train_layers:
    input:
        data=rules.layers_images.output,
        code=library_modules("paper/rooms/hidden_layers/jobs/train.py"),
    output:
        directory(f"{RESULTS}/predictions/layers/{{layers_of}}.zarr"),
    log:
        f"{RESULTS}/logs/hidden_layers/train_{{layers_of}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/hidden_layers/train_{{layers_of}}.tsv"
    wildcard_constraints:
        layers_of=one_of(LAYERS_JOBS),
    threads: 1
    resources:
        **needs.asked(
            lambda wildcards: needs.training(RUNS["layers"][wildcards.layers_of])
        ),
    params:
        job=lambda wildcards: LAYERS_JOBS[wildcards.layers_of].model_dump_json(),
    shell:
        "python -P -m paper.rooms.hidden_layers.jobs.train --job {params.job:q} --data {input.data:q} --output {output:q} > {log:q} 2>&1"


rule measure_layers:
    input:
        stores=lambda wildcards: [
            f"{RESULTS}/predictions/layers/{name}.zarr"
            for name in LAYERS.of_network(wildcards.network)
        ],
        code=library_modules("paper/rooms/hidden_layers/jobs/measure.py"),
    output:
        paths=f"{RESULTS}/hidden_layers/{{network}}.nc",
        maps=[
            f"{RESULTS}/hidden_layers/{{network}}_linear.nc",
            f"{RESULTS}/hidden_layers/{{network}}_means.nc",
        ],
    log:
        f"{RESULTS}/logs/hidden_layers/measure_{{network}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/hidden_layers/measure_{{network}}.tsv"
    wildcard_constraints:
        network=one_of(LAYERS.networks),
    threads: 1
    resources:
        **needs.asked(needs.comparison(models_of("layers"), tables=30, matrices=60)),
    params:
        null_seed=LAYERS.null_seed,
    shell:
        "python -P -m paper.rooms.hidden_layers.jobs.measure --stores {input.stores:q} --null-seed {params.null_seed:q}"
        " --paths {output.paths:q} --maps {output.maps:q} > {log:q} 2>&1"
