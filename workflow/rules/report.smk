rule claims:
    """What the study's numbers say of the paper's claims."""
    input:
        claims=[claims_files(name)[0] for name in rooms()],
        paper_numbers=here("paper/report/paper_numbers.yaml"),
        numbers=[f"{RESULTS}/numbers/{name}.json" for name in NOTEBOOKS],
        code=library_modules("workflow/scripts/claims.py"),
    output:
        verdicts=f"{RESULTS}/claims.json",
        table=report(
            f"{RESULTS}/claims.md",
            caption="../report/claims.rst",
            category="00 the study",
            labels={"figure": "claims"},
        ),
    log:
        f"{RESULTS}/logs/claims.log",
    resources:
        **LIGHT,
    params:
        notice=study.notice,
    shell:
        'python "$SCRIPTS"/claims.py --claims {input.claims:q} --numbers {input.numbers:q} --notice={params.notice:q}'
        " --verdicts {output.verdicts:q} --table {output.table:q} > {log:q} 2>&1 || {{ cat {log:q} >&2; exit 1; }}"


rule provenance:
    """Checksums of study, notebooks, scripts, library and packages, to tell later whether figures are stale."""
    input:
        notebook_targets(),
        archive_record(),
        code=[
            *library_modules("workflow/scripts/provenance.py"),
            here("workflow/scripts/modules.py"),
        ],
    output:
        f"{RESULTS}/provenance.json",
    log:
        f"{RESULTS}/logs/provenance.log",
    resources:
        **LIGHT,
    params:
        study=study.model_dump_json(),
        notebooks=list(NOTEBOOKS),
    shell:
        'python "$SCRIPTS"/provenance.py --study {params.study:q} --notebooks {params.notebooks:q} --output {output:q} > {log:q} 2>&1'
