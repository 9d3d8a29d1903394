rule tangents:
    input:
        stores=stores,
        models=rules.model_table.output,
        distances=whole_distances,
        described=lambda wildcards: files.described(whole_distances(wildcards)),
        code=library_modules("paper/rooms/tangent_embeddings/jobs/tangents.py"),
    output:
        f"{RESULTS}/tangents/{{experiment}}/{{split}}.nc",
    log:
        f"{RESULTS}/logs/tangents/{{experiment}}/{{split}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/tangents/{{experiment}}/{{split}}.tsv"
    wildcard_constraints:
        split="train|test",
    threads: 1
    resources:
        **compares(tables=4),
    params:
        settings=study.sections()["tangent_embeddings"].model_dump_json(),
    shell:
        "NUMBA_NUM_THREADS={threads} python -P -m paper.rooms.tangent_embeddings.jobs.tangents --stores {input.stores:q}"
        " --models {input.models:q} --distances {input.distances:q} --split {wildcards.split:q}"
        " --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"
