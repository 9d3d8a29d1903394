DISTANCES = study.sections()["distances"]


rule neighbours:
    """t-SNE and UMAP."""
    input:
        distances=f"{RESULTS}/distances/{{experiment}}/{{split}}.npy",
        described=files.described(f"{RESULTS}/distances/{{experiment}}/{{split}}.npy"),
        embedding=f"{RESULTS}/embeddings/{{experiment}}/{{split}}.nc",
        code=library_modules("paper/rooms/distances/jobs/neighbours.py"),
    output:
        f"{RESULTS}/embeddings/{{experiment}}/{{split}}_neighbours.nc",
    log:
        f"{RESULTS}/logs/neighbours/{{experiment}}/{{split}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/neighbours/{{experiment}}/{{split}}.tsv"
    wildcard_constraints:
        split=f"(train|test){PART}",
    threads: 1
    resources:
        **compares(tables=0, matrices=8, rounds=4),
    params:
        perplexity=DISTANCES.tsne_perplexity,
        neighbours=DISTANCES.umap_neighbours,
    shell:
        "python -P -m paper.rooms.distances.jobs.neighbours --distances {input.distances:q} --embedding {input.embedding:q}"
        " --perplexity {params.perplexity:q} --neighbours {params.neighbours:q} --output {output:q} > {log:q} 2>&1"


rule subsets:
    input:
        stores=stores,
        models=rules.model_table.output,
        code=library_modules("paper/rooms/distances/jobs/subsets.py"),
    output:
        f"{RESULTS}/distances/{{experiment}}/{{split}}_subsets.parquet",
    log:
        f"{RESULTS}/logs/subsets/{{experiment}}/{{split}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/subsets/{{experiment}}/{{split}}.tsv"
    wildcard_constraints:
        split="train|test",
    threads: 1
    resources:
        **compares(rounds=DISTANCES.subset_draws),
    params:
        n_models=DISTANCES.subset_models,
        halvings=DISTANCES.subset_halvings,
        draws=DISTANCES.subset_draws,
    shell:
        "NUMBA_NUM_THREADS={threads} python -P -m paper.rooms.distances.jobs.subsets --stores {input.stores:q}"
        " --models {input.models:q} --split {wildcards.split:q} --n-models {params.n_models:q}"
        " --halvings {params.halvings:q} --draws {params.draws:q} --output {output:q} > {log:q} 2>&1"


rule metric_nulls:
    """Class-preserving nulls under each distance."""
    input:
        stores=stores,
        models=rules.model_table.output,
        code=library_modules("paper/rooms/distances/jobs/nulls.py"),
    output:
        f"{RESULTS}/distances/{{experiment}}/{{split}}_nulls.nc",
    log:
        f"{RESULTS}/logs/metric_nulls/{{experiment}}/{{split}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/metric_nulls/{{experiment}}/{{split}}.tsv"
    wildcard_constraints:
        split="train|test",
    threads: 1
    resources:
        **compares(rounds=4 * (1 + DISTANCES.null_draws)),
    params:
        metrics=json.dumps(["bhattacharyya", *DISTANCES.other_metrics]),
        n_models=DISTANCES.subset_models,
        nulls=json.dumps(
            {"draws": DISTANCES.null_draws, "rng": study.analysis.null_seed}
        ),
        excess_margin=study.analysis.excess_margin,
    shell:
        "NUMBA_NUM_THREADS={threads} python -P -m paper.rooms.distances.jobs.nulls --stores {input.stores:q}"
        " --models {input.models:q} --split {wildcards.split:q} --metrics {params.metrics:q}"
        " --n-models {params.n_models:q} --nulls {params.nulls:q} --excess-margin {params.excess_margin:q}"
        " --output {output:q} > {log:q} 2>&1"
