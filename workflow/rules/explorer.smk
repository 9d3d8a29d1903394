rule explorer:
    """A page to look around in the embeddings of the main experiment."""
    input:
        embeddings=[
            f"{RESULTS}/{files.embedding('main', view)}"
            for view in ("train", "test", "joint")
        ],
        models=f"{RESULTS}/{files.models('main')}",
        code=library_modules("workflow/scripts/explorer.py"),
        page=[here(file) for file in modules.page_files()],
    output:
        report(
            f"{FIGURES}/explorer.html",
            caption="../report/explorer.rst",
            category="00 the study",
            labels={"figure": "explorer"},
        ),
    log:
        f"{RESULTS}/logs/explorer.log",
    benchmark:
        f"{RESULTS}/benchmarks/explorer.tsv"
    resources:
        **needs.asked(needs.comparison(models_of("main"), tables=0, rounds=0)),
    params:
        study=study.study,
        notice=study.notice,
    shell:
        'python "$SCRIPTS"/explorer.py --embeddings {input.embeddings:q} --models {input.models:q} --study {params.study:q}'
        " --notice={params.notice:q} --output {output:q} > {log:q} 2>&1"
