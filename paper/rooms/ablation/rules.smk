# Networks whose components are exchanged, on images that the room prepares itself; a job trains those that mix pixels and
# are normalised alike.

ABLATION = study.sections()["ablation"]
ABLATION_JOBS = ABLATION.jobs()
ABLATION_PARTS = ABLATION.parts()
TRAINED += [f"{RESULTS}/ablation/images.npz", *experiment_stores("ablation")]


rule ablation_images:
    input:
        code=library_modules("workflow/scripts/prepare_data.py"),
    output:
        f"{RESULTS}/ablation/images.npz",
    log:
        f"{RESULTS}/logs/ablation/images.log",
    benchmark:
        f"{RESULTS}/benchmarks/ablation/images.tsv"
    threads: 1
    resources:
        **needs.asked(
            needs.preparation(
                next(iter(RUNS["ablation"].values())), ABLATION.images.shrunk
            )
        ),
    params:
        dataset=ABLATION.images.model_dump_json(),
    shell:
        'python "$SCRIPTS"/prepare_data.py --dataset {params.dataset:q} --folder data --output {output:q} > {log:q} 2>&1'
        " || {{ cat {log:q} >&2; exit 1; }}"


for part_name, names in ABLATION_PARTS.items():

    rule:
        name:
            f"train_ablation_{part_name}"
        input:
            data=rules.ablation_images.output,
            code=library_modules("paper/rooms/ablation/jobs/train.py"),
        output:
            [directory(f"{RESULTS}/predictions/ablation/{name}.zarr") for name in names],
        log:
            f"{RESULTS}/logs/ablation/train_{part_name}.log",
        benchmark:
            f"{RESULTS}/benchmarks/ablation/train_{part_name}.tsv"
        threads: 1
        resources:
            **needs.asked(
                needs.in_turn(
                    *(needs.training(RUNS["ablation"][name]) for name in names)
                )
            ),
        params:
            jobs=json.dumps(
                [ABLATION_JOBS[name].model_dump(mode="json") for name in names]
            ),
        shell:
            "python -P -m paper.rooms.ablation.jobs.train --jobs {params.jobs:q} --data {input.data:q}"
            " --outputs {output:q} > {log:q} 2>&1"


rule measure_ablation:
    input:
        stores=experiment_stores("ablation"),
        code=library_modules("paper/rooms/ablation/jobs/measure.py"),
    output:
        models=f"{RESULTS}/ablation/models.parquet",
        embedding=f"{RESULTS}/ablation/embedding.nc",
        train=f"{RESULTS}/ablation/train.nc",
        test=f"{RESULTS}/ablation/test.nc",
    log:
        f"{RESULTS}/logs/ablation/measure.log",
    benchmark:
        f"{RESULTS}/benchmarks/ablation/measure.tsv"
    threads: 1
    resources:
        **needs.asked(
            needs.comparison(models_of("ablation"), tables=6, matrices=8, rounds=9)
        ),
    params:
        crossed=ABLATION.in_full_design(),
        geodesic_points=study.analysis.geodesic_points,
        null_seed=study.analysis.null_seed,
    shell:
        "python -P -m paper.rooms.ablation.jobs.measure --stores {input.stores:q} --crossed {params.crossed:q}"
        " --geodesic-points {params.geodesic_points:q} --null-seed {params.null_seed:q} --models {output.models:q}"
        " --embedding {output.embedding:q} --train {output.train:q} --test {output.test:q} > {log:q} 2>&1"
