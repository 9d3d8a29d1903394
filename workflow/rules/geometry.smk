# The model table verifies the stores of its experiment; what else reads them waits for it and does not do so again.
rule model_table:
    input:
        stores=stores,
        code=library_modules("workflow/scripts/model_table.py"),
    output:
        f"{RESULTS}/distances/{{experiment}}/models.parquet",
    log:
        f"{RESULTS}/logs/model_table/{{experiment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/model_table/{{experiment}}.tsv"
    threads: threads_of_table
    resources:
        **compares(matrices=0, rounds=0),
    params:
        geodesic_points=study.analysis.geodesic_points,
    shell:
        'python "$SCRIPTS"/model_table.py --stores {input.stores:q} --geodesic-points {params.geodesic_points:q}'
        " --threads {threads} --output {output:q} > {log:q} 2>&1 || {{ cat {log:q} >&2; exit 1; }}"


rule distances:
    input:
        stores=stores,
        models=rules.model_table.output,
        code=library_modules("workflow/scripts/distances.py"),
    output:
        distances=f"{RESULTS}/distances/{{experiment}}/{{split}}{{metric}}{{part}}.npy",
        described=files.described(
            f"{RESULTS}/distances/{{experiment}}/{{split}}{{metric}}{{part}}.npy"
        ),
    log:
        f"{RESULTS}/logs/distances/{{experiment}}/{{split}}{{metric}}{{part}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/distances/{{experiment}}/{{split}}{{metric}}{{part}}.tsv"
    wildcard_constraints:
        experiment=one_of(
            [
                name
                for name in STORES
                if tiles_of(study, name) == 1 or landmarks_of(study, name)
            ]
        ),
        split="train|test",
        metric=OTHER_METRIC,
        part=PART,
    threads: threads_of_distances
    resources:
        **compares(),
    params:
        metric=metric,
        part=part,
        sample_step=study.analysis.sample_step,
    shell:
        'python "$SCRIPTS"/distances.py --stores {input.stores:q} --models {input.models:q} --split {wildcards.split:q}'
        " --metric {params.metric:q} --part {params.part:q} --sample-step {params.sample_step:q} --threads {threads}"
        " --output {output.distances:q} > {log:q} 2>&1"


rule embedding:
    input:
        distances=embedded_distances,
        described=lambda wildcards: [
            files.described(file) for file in embedded_distances(wildcards)
        ],
        models=rules.model_table.output,
        code=library_modules("workflow/scripts/embed.py"),
    output:
        f"{RESULTS}/embeddings/{{experiment}}/{{embedding}}.nc",
    log:
        f"{RESULTS}/logs/embedding/{{experiment}}/{{embedding}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/embedding/{{experiment}}/{{embedding}}.tsv"
    wildcard_constraints:
        embedding=f"(train|test){OTHER_METRIC}{PART}|joint",
    threads: 1
    resources:
        **compares(tables=0, matrices=8),
    params:
        n_components=study.analysis.n_components,
    shell:
        'python "$SCRIPTS"/embed.py --distances {input.distances:q} --models {input.models:q}'
        " --n-components {params.n_components:q} --output {output:q} > {log:q} 2>&1"


rule dimension:
    input:
        stores=stores,
        models=rules.model_table.output,
        code=library_modules("workflow/scripts/dimension.py"),
    output:
        f"{RESULTS}/dimension/{{experiment}}/{{split}}.nc",
    log:
        f"{RESULTS}/logs/dimension/{{experiment}}/{{split}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/dimension/{{experiment}}/{{split}}.tsv"
    wildcard_constraints:
        split="train|test",
    threads: threads_of_dimension
    resources:
        **compares(matrices=8, rounds=2 + study.analysis.null_draws),
    params:
        largest=study.analysis.dimension_models,
        nulls=json.dumps(
            {"draws": study.analysis.null_draws, "rng": study.analysis.null_seed}
        ),
        margins=json.dumps(
            {
                "excess_margin": study.analysis.excess_margin,
                "fewer_margin": study.analysis.fewer_margin,
            }
        ),
    shell:
        'python "$SCRIPTS"/dimension.py --stores {input.stores:q} --models {input.models:q}'
        " --split {wildcards.split:q} --largest {params.largest:q} --nulls {params.nulls:q}"
        " --margins {params.margins:q} --threads {threads} --output {output:q} > {log:q} 2>&1"


rule trajectories:
    input:
        stores=stores,
        models=rules.model_table.output,
        code=library_modules("workflow/scripts/trajectories.py"),
    output:
        f"{RESULTS}/trajectories/{{experiment}}/{{split}}.nc",
    log:
        f"{RESULTS}/logs/trajectories/{{experiment}}/{{split}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/trajectories/{{experiment}}/{{split}}.tsv"
    wildcard_constraints:
        split="train|test",
    # The longest jobs of many runs, and a notebook waits for them: whatever is left to do goes on beside that.
    priority: 1
    threads: threads_of_trajectories
    resources:
        **compares(tables=4, rounds=4),
    params:
        null_seed=study.analysis.null_seed,
    shell:
        'python "$SCRIPTS"/trajectories.py --stores {input.stores:q} --models {input.models:q}'
        " --split {wildcards.split:q} --null-seed {params.null_seed:q} --threads {threads} --output {output:q}"
        " > {log:q} 2>&1"
