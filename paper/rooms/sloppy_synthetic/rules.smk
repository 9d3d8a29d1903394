# Networks on synthetic data: one data set for each spectrum, one training job for each configuration on it.

SLOPPY = study.sections()["sloppy_synthetic"]
SYNTHETIC = f"{RESULTS}/synthetic"
SYNTHETIC_STORES = f"{RESULTS}/predictions/synthetic/{{spectrum}}"
SPECTRUM = one_of(SLOPPY.spectra)
STUDENTS = {
    name: [one for one in SLOPPY.planned(study) if one.experiment == name]
    for name in ("synthetic", "sweep")
}
# On one data set all models are compared, and those of each case beside nulls.
COMPARED = {
    name: needs.comparison(
        needs.models_of(STUDENTS[name][:jobs]),
        matrices=8,
        rounds=2 + len(cases) * (1 + study.analysis.null_draws),
    )
    for name, jobs, cases in (
        ("synthetic", len(SLOPPY.configurations()), SLOPPY.corners),
        ("sweep", 1, SLOPPY.sweep.corners),
    )
}
TRAINED += [
    f"{SYNTHETIC}/sweep.nc",
    *(f"{SYNTHETIC}/data/{spectrum}.npz" for spectrum in SLOPPY.spectra),
    *(
        f"{RESULTS}/predictions/synthetic/{spectrum}/{configuration}.zarr"
        for spectrum in SLOPPY.spectra
        for configuration in SLOPPY.configurations()
    ),
]


rule synthetic_data:
    input:
        code=library_modules("paper/rooms/sloppy_synthetic/jobs/data.py"),
    output:
        f"{SYNTHETIC}/data/{{spectrum}}.npz",
    log:
        f"{RESULTS}/logs/synthetic/data/{{spectrum}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/synthetic/data/{{spectrum}}.tsv"
    wildcard_constraints:
        spectrum=SPECTRUM,
    resources:
        **needs.asked(needs.preparation(STUDENTS["synthetic"][0])),
    params:
        data=lambda wildcards: SLOPPY.dataset(
            SLOPPY.spectra[wildcards.spectrum]
        ).model_dump_json(),
    shell:
        "python -P -m paper.rooms.sloppy_synthetic.jobs.data --data {params.data:q} --output {output:q} > {log:q} 2>&1"


rule train_synthetic:
    input:
        data=rules.synthetic_data.output,
        code=library_modules("paper/rooms/sloppy_synthetic/jobs/train.py"),
    output:
        directory(f"{SYNTHETIC_STORES}/{{configuration}}.zarr"),
    log:
        f"{RESULTS}/logs/train/synthetic/{{spectrum}}/{{configuration}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/synthetic/{{spectrum}}/{{configuration}}.tsv"
    wildcard_constraints:
        spectrum=SPECTRUM,
        configuration=one_of(SLOPPY.configurations()),
    threads: 1
    resources:
        **needs.asked(max(map(needs.training, STUDENTS["synthetic"]))),
    params:
        job=lambda wildcards: SLOPPY.job(wildcards.configuration).model_dump_json(),
    shell:
        "python -P -m paper.rooms.sloppy_synthetic.jobs.train --job {params.job:q} --data {input.data:q}"
        " --output {output:q} > {log:q} 2>&1"


rule embed_synthetic:
    input:
        stores=[
            f"{SYNTHETIC_STORES}/{configuration}.zarr"
            for configuration in SLOPPY.configurations()
        ],
        code=library_modules("paper/rooms/sloppy_synthetic/jobs/geometry.py"),
    output:
        models=f"{SYNTHETIC}/models/{{spectrum}}.parquet",
        dimensions=f"{SYNTHETIC}/dimensions/{{spectrum}}.nc",
    log:
        f"{RESULTS}/logs/synthetic/embeddings/{{spectrum}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/synthetic/embeddings/{{spectrum}}.tsv"
    wildcard_constraints:
        spectrum=SPECTRUM,
    threads: 1
    resources:
        **needs.asked(COMPARED["synthetic"]),
    params:
        corners=json.dumps(SLOPPY.corners),
        spectrum=lambda wildcards: SLOPPY.spectra[wildcards.spectrum].model_dump_json(),
        settings=json.dumps(
            dict(
                geodesic_points=study.analysis.geodesic_points,
                draws=study.analysis.null_draws,
                null_seed=study.analysis.null_seed,
            )
        ),
    shell:
        "python -P -m paper.rooms.sloppy_synthetic.jobs.geometry --stores {input.stores:q} --corners {params.corners:q}"
        " --spectrum {params.spectrum:q} --settings {params.settings:q} --models {output.models:q}"
        " --dimensions {output.dimensions:q} > {log:q} 2>&1"


rule sweep_synthetic:
    input:
        code=library_modules("paper/rooms/sloppy_synthetic/jobs/sweep.py"),
    output:
        f"{SYNTHETIC}/sweep.nc",
    log:
        f"{RESULTS}/logs/synthetic/sweep.log",
    benchmark:
        f"{RESULTS}/benchmarks/synthetic/sweep.tsv"
    threads: 1
    resources:
        **needs.asked(
            needs.in_turn(
                *(needs.training(one) for one in STUDENTS["sweep"]),
                *[COMPARED["sweep"]] * len(STUDENTS["sweep"]),
            )
        ),
    params:
        datasets=json.dumps([data.model_dump() for data in SLOPPY.sweep_datasets()]),
        job=SLOPPY.sweep_job().model_dump_json(),
        corners=json.dumps(SLOPPY.sweep.corners),
        draws=study.analysis.null_draws,
        null_seed=study.analysis.null_seed,
    shell:
        "python -P -m paper.rooms.sloppy_synthetic.jobs.sweep --datasets {params.datasets:q} --job {params.job:q}"
        " --corners {params.corners:q} --draws {params.draws:q} --null-seed {params.null_seed:q}"
        " --output {output:q} > {log:q} 2>&1"
