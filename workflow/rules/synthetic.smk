# Networks on synthetic data: one data set for each spectrum, one training job for each configuration on it.

SYNTHETIC = f"{RESULTS}/synthetic"
SYNTHETIC_STORES = f"{RESULTS}/predictions/synthetic/{{spectrum}}"


rule synthetic_data:
    input:
        code=library_modules("workflow/scripts/synthetic_data.py"),
    output:
        f"{SYNTHETIC}/data/{{spectrum}}.npz",
    log:
        f"{RESULTS}/logs/synthetic/data/{{spectrum}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/synthetic/data/{{spectrum}}.tsv"
    params:
        data=synthetic_dataset,
    shell:
        'python "$SCRIPTS"/synthetic_data.py --data {params.data:q} --output {output:q} > {log:q} 2>&1'


rule train_synthetic:
    input:
        data=rules.synthetic_data.output,
        code=library_modules("workflow/scripts/train_synthetic.py"),
    output:
        directory(f"{SYNTHETIC_STORES}/{{configuration}}.zarr"),
    log:
        f"{RESULTS}/logs/train/synthetic/{{spectrum}}/{{configuration}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/synthetic/{{spectrum}}/{{configuration}}.tsv"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        job=lambda wildcards: study.synthetic.job(
            wildcards.configuration
        ).model_dump_json(),
    shell:
        'python "$SCRIPTS"/train_synthetic.py --job {params.job:q} --data {input.data:q} --output {output:q} > {log:q} 2>&1'


rule embed_synthetic:
    input:
        stores=[
            f"{SYNTHETIC_STORES}/{configuration}.zarr"
            for configuration in study.synthetic.configurations()
        ],
        code=library_modules("workflow/scripts/embed_synthetic.py"),
    output:
        models=f"{SYNTHETIC}/models/{{spectrum}}.parquet",
        dimensions=f"{SYNTHETIC}/dimensions/{{spectrum}}.nc",
    log:
        f"{RESULTS}/logs/synthetic/embeddings/{{spectrum}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/synthetic/embeddings/{{spectrum}}.tsv"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        spectrum=lambda wildcards: study.synthetic.spectra[
            wildcards.spectrum
        ].model_dump_json(),
        corners=json.dumps(study.synthetic.corners),
        geodesic_points=study.analysis.geodesic_points,
        n_components=study.analysis.n_components,
        resamples=study.synthetic.bootstrap,
        settled_epochs=study.synthetic.settled_epochs,
    shell:
        'python "$SCRIPTS"/embed_synthetic.py --stores {input.stores:q} --corners {params.corners:q} --spectrum {params.spectrum:q}'
        " --geodesic-points {params.geodesic_points:q} --n-components {params.n_components:q}"
        " --resamples {params.resamples:q} --settled-epochs {params.settled_epochs:q} --models {output.models:q} --dimensions {output.dimensions:q} > {log:q} 2>&1"


rule sweep_synthetic:
    input:
        code=library_modules("workflow/scripts/sweep_synthetic.py"),
    output:
        f"{SYNTHETIC}/sweep.nc",
    log:
        f"{RESULTS}/logs/synthetic/sweep.log",
    benchmark:
        f"{RESULTS}/benchmarks/synthetic/sweep.tsv"
    threads: 1
    params:
        datasets=json.dumps(
            [data.model_dump() for data in study.synthetic.sweep_datasets()]
        ),
        job=study.synthetic.sweep_job().model_dump_json(),
        corners=json.dumps(study.synthetic.sweep.corners),
    shell:
        'python "$SCRIPTS"/sweep_synthetic.py --datasets {params.datasets:q} --job {params.job:q} --corners {params.corners:q}'
        " --output {output:q} > {log:q} 2>&1"
