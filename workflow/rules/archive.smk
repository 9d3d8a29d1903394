rule trained:
    """Prepared data and all that training makes of them, which is what the archive of a study holds."""
    input:
        TRAINED,


rule archive:
    """The predictions of a study in one file, from which its figures are made again without training."""
    input:
        trained=TRAINED,
        made=[
            rules.provenance.output[0],
            rules.claims.output.verdicts,
            *(f"{RESULTS}/numbers/{name}.json" for name in NOTEBOOKS),
        ],
        code=library_modules("workflow/scripts/archive.py"),
    output:
        f"{RESULTS}/predictions.tar",
    log:
        f"{RESULTS}/logs/archive.log",
    resources:
        **LIGHT,
    params:
        study=study.study,
        text=study_as_text,
        folder=lambda wildcards, output: Path(output[0]).parent,
    shell:
        'python "$SCRIPTS"/archive.py --study {params.study:q} --text {params.text:q} --folder {params.folder:q}'
        " --trained {input.trained:q} --made {input.made:q} --output {output:q} > {log:q} 2>&1"
        " || {{ cat {log:q} >&2; exit 1; }}"


rule crate:
    """The study as a Workflow Run RO-Crate: workflow, configuration, results, and where they came from."""
    input:
        notebook_targets(),
        explorer_page(),
        archive=rules.archive.output,
        provenance=rules.provenance.output,
        claims=rules.claims.output,
        code=library_modules("workflow/scripts/crate.py"),
    output:
        f"{RESULTS}/crate.zip",
    log:
        f"{RESULTS}/logs/crate.log",
    resources:
        **LIGHT,
    params:
        study=study.model_dump_json(),
        text=study_as_text,
        rule_files=modules.rule_files(study),
        results=lambda wildcards, output: Path(output[0]).parent,
        figures=lambda wildcards: FIGURES,
        agent=os.environ.get("AGENT") or "nobody",
    shell:
        'python "$SCRIPTS"/crate.py --study {params.study:q} --text {params.text:q} --rule-files {params.rule_files:q}'
        " --results {params.results:q} --figures {params.figures:q} --agent {params.agent:q} --output {output:q}"
        " > {log:q} 2>&1 || {{ cat {log:q} >&2; exit 1; }}"
