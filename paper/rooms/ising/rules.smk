ISING = study.sections()["ising"]
# A lattice whose means are known, to check the sampling, and one that has phases.
ISING_SIDES = {"small": 4, "large": ISING.side}


rule sample_ising:
    input:
        code=library_modules("paper/rooms/ising/jobs/sample.py"),
    output:
        f"{RESULTS}/ising/{{lattice}}.nc",
    log:
        f"{RESULTS}/logs/ising/{{lattice}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/ising/{{lattice}}.tsv"
    wildcard_constraints:
        lattice="small|large",
    threads: 1
    resources:
        **LIGHT,
    params:
        section=ISING.model_dump_json(),
        side=lambda wildcards: ISING_SIDES[wildcards.lattice],
    shell:
        "python -P -m paper.rooms.ising.jobs.sample --section {params.section:q} --side {params.side:q}"
        " --output {output:q} > {log:q} 2>&1"
