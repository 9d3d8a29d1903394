rule provenance:
    """Checksums of everything that the figures were made from, to tell later whether they are stale."""
    input:
        notebook_targets(),
        code=library_modules("workflow/scripts/provenance.py"),
    output:
        f"{RESULTS}/provenance.json",
    log:
        f"{RESULTS}/logs/provenance.log",
    params:
        study=study.model_dump_json(),
        notebooks=list(NOTEBOOKS),
    shell:
        "python workflow/scripts/provenance.py --study {params.study:q} --notebooks {params.notebooks} --output {output} > {log} 2>&1"
