# The matrix of all distances of an experiment in tiles, one job for each: where the study asks for more than one part of
# the models, and where someone names the matrix of an experiment that is embedded by landmarks.
rule tile:
    input:
        stores=stores,
        models=rules.model_table.output,
        code=library_modules("workflow/scripts/tile.py"),
    output:
        tile=temp(f"{TILED}/{{row}}-{{column}}.npy"),
        checksum=temp(f"{TILED}/{{row}}-{{column}}.npy.sha256"),
    log:
        f"{RESULTS}/logs/tile/{{experiment}}/{{split}}{{metric}}/{{row}}-{{column}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/tile/{{experiment}}/{{split}}{{metric}}/{{row}}-{{column}}.tsv"
    wildcard_constraints:
        split="train|test",
        metric=OTHER_METRIC,
        row=r"\d+",
        column=r"\d+",
    threads: threads_of_distances
    resources:
        **compares(),
    params:
        metric=metric,
        sample_step=study.analysis.sample_step,
        tile=lambda wildcards: json.dumps(
            [
                int(wildcards.row),
                int(wildcards.column),
                tiles_of(study, wildcards.experiment),
            ]
        ),
    shell:
        'python "$SCRIPTS"/tile.py --stores {input.stores:q} --models {input.models:q} --split {wildcards.split:q}'
        " --metric {params.metric:q} --tile {params.tile:q} --sample-step {params.sample_step:q} --threads {threads}"
        " --output {output.tile:q} > {log:q} 2>&1"


rule matrix:
    input:
        tiles=tiles,
        checksums=lambda wildcards: [f"{tile}.sha256" for tile in tiles(wildcards)],
        stores=stores,
        models=rules.model_table.output,
        code=library_modules("workflow/scripts/gather_tiles.py"),
    output:
        distances=f"{RESULTS}/distances/{{experiment}}/{{split}}{{metric}}{{whole}}.npy",
        described=files.described(
            f"{RESULTS}/distances/{{experiment}}/{{split}}{{metric}}{{whole}}.npy"
        ),
    log:
        f"{RESULTS}/logs/matrix/{{experiment}}/{{split}}{{metric}}{{whole}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/matrix/{{experiment}}/{{split}}{{metric}}{{whole}}.tsv"
    wildcard_constraints:
        split="train|test",
        metric=OTHER_METRIC,
        whole="(_matrix)?",
    threads: 1
    resources:
        **compares(tables=0),
    params:
        metric=metric,
        sample_step=study.analysis.sample_step,
        parts=lambda wildcards: tiles_of(study, wildcards.experiment),
    shell:
        'python "$SCRIPTS"/gather_tiles.py --tiles {input.tiles:q} --stores {input.stores:q} --models {input.models:q}'
        " --split {wildcards.split:q} --metric {params.metric:q} --parts {params.parts:q}"
        " --sample-step {params.sample_step:q} --output {output.distances:q} > {log:q} 2>&1"


# rule distances leaves out the experiments whose matrices are to be made of several parts
ruleorder: distances > matrix
