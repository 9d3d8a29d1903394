rule dataset:
    input:
        code=library_modules("workflow/scripts/prepare_data.py"),
    output:
        f"{RESULTS}/dataset.npz",
    log:
        f"{RESULTS}/logs/dataset.log",
    benchmark:
        f"{RESULTS}/benchmarks/dataset.tsv"
    resources:
        **needs.asked(
            needs.preparation(next(iter(RUNS["main"].values())), study.dataset.shrunk)
        ),
    params:
        dataset=study.dataset.model_dump_json(),
    shell:
        'python "$SCRIPTS"/prepare_data.py --dataset {params.dataset:q} --folder data --output {output:q} > {log:q} 2>&1'
        " || {{ cat {log:q} >&2; exit 1; }}"
