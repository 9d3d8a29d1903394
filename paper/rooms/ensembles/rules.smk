rule final_averages:
    input:
        stores=stores,
        verified=rules.model_table.output,
        code=library_modules("paper/rooms/ensembles/jobs/final_averages.py"),
    output:
        f"{RESULTS}/ensembles/{{experiment}}/final_{{split}}.parquet",
    log:
        f"{RESULTS}/logs/final_averages/{{experiment}}/{{split}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/final_averages/{{experiment}}/{{split}}.tsv"
    wildcard_constraints:
        split="train|test",
    resources:
        **compares(matrices=0),
    shell:
        "python -P -m paper.rooms.ensembles.jobs.final_averages --stores {input.stores:q} --split {wildcards.split:q}"
        " --output {output:q} > {log:q} 2>&1"


rule ensemble:
    input:
        store=stores,
        models=rules.model_table.output,
        code=library_modules("paper/rooms/ensembles/jobs/ensemble.py"),
    output:
        f"{RESULTS}/ensembles/{{experiment}}/{{split}}.nc",
    log:
        f"{RESULTS}/logs/ensemble/{{experiment}}/{{split}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/ensemble/{{experiment}}/{{split}}.tsv"
    wildcard_constraints:
        split="train|test",
    resources:
        **compares(matrices=8),
    params:
        n_components=study.analysis.n_components,
    shell:
        "python -P -m paper.rooms.ensembles.jobs.ensemble --store {input.store:q} --models {input.models:q}"
        " --split {wildcards.split:q} --n-components {params.n_components:q} --output {output:q} > {log:q} 2>&1"
