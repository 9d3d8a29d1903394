for name in NOTEBOOKS:

    rule:
        name:
            f"notebook_{name}"
        input:
            **READ[name],
            described=described_files(name),
            notebook=here(f"notebooks/{name}.ipynb"),
            claims=claims_files(name),
            code=library_modules(f"notebooks/{name}.ipynb"),
            runner=library_modules("workflow/scripts/run_notebook.py"),
        output:
            figures=reported_figures(name),
            numbers=f"{RESULTS}/numbers/{name}.json",
            executed=f"{RESULTS}/notebooks/{name}.ipynb",
            html=f"{RESULTS}/notebooks/{name}.html",
        log:
            notebook=f"{RESULTS}/logs/notebooks/{name}.ipynb",
            text=f"{RESULTS}/logs/notebooks/{name}.log",
        benchmark:
            f"{RESULTS}/benchmarks/notebooks/{name}.tsv"
        # kernels that start at the same time sometimes want the same port
        retries: 1
        threads: 1
        resources:
            **of_notebook(name),
        params:
            parameters=notebook_parameters(name),
            before=before_and_after(name)[0],
            after=before_and_after(name)[1],
            notice=study.notice,
        shell:
            'python "$SCRIPTS"/run_notebook.py --notebook {input.notebook:q} --parameters {params.parameters:q}'
            ' --before {params.before:q} --after {params.after:q} --again "$MAKE_AGAIN" --notice={params.notice:q}'
            " --live {log.notebook:q} --executed {output.executed:q} --outputs {output.figures:q} {output.numbers:q}"
            " > {log.text:q} 2>&1 || {{ cat {log.text:q} >&2; exit 1; }}"
