rule claims:
    """What the study's numbers say of the paper's claims."""
    input:
        claims="claims.yaml",
        metrics=[f"{RESULTS}/metrics/{name}.json" for name in NOTEBOOKS],
        code=library_modules("workflow/scripts/claims.py"),
    output:
        verdicts=f"{RESULTS}/claims.json",
        table=f"{RESULTS}/claims.md",
    log:
        f"{RESULTS}/logs/claims.log",
    shell:
        "python workflow/scripts/claims.py --claims {input.claims} --metrics {input.metrics}"
        " --verdicts {output.verdicts} --table {output.table} > {log} 2>&1 || {{ cat {log} >&2; exit 1; }}"


rule provenance:
    """Checksums of study, notebooks, scripts, library and packages, to tell later whether figures are stale."""
    input:
        notebook_targets(),
        code=[
            *library_modules("workflow/scripts/provenance.py"),
            "workflow/scripts/modules.py",
        ],
    output:
        f"{RESULTS}/provenance.json",
    log:
        f"{RESULTS}/logs/provenance.log",
    params:
        study=study.model_dump_json(),
        notebooks=list(NOTEBOOKS),
    shell:
        "python workflow/scripts/provenance.py --study {params.study:q} --notebooks {params.notebooks} --output {output} > {log} 2>&1"
