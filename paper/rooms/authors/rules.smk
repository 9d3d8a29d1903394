# The authors' own data. Their files are kept where they are found or fetched to, as data sets are; a record says which.
AUTHORS = study.sections()["authors"]
AUTHORS_FILES = f"{RESULTS}/authors"
# A day to fetch what the authors publish. Distances to 2,000 landmarks of 151,407 models take 1.2 GB, some copies of which
# are in memory at once; the matrix is read once.
FIND_AUTHORS, EMBED_AUTHORS = (
    (needs.light(), needs.light())
    if AUTHORS.made_up
    else (needs.Request(2000, 1440), needs.Request(10000, 480))
)
# What is made up belongs to the study; what was found or fetched is no output of a rule, which would delete it.
AUTHORS_MADE_UP = (
    {"made_up": directory(f"{AUTHORS_FILES}/made_up")} if AUTHORS.made_up else {}
)


rule authors_files:
    input:
        code=library_modules("paper/rooms/authors/jobs/find.py"),
    output:
        **AUTHORS_MADE_UP,
        files=f"{AUTHORS_FILES}/files.json",
        models=f"{AUTHORS_FILES}/models.parquet",
    log:
        f"{RESULTS}/logs/authors/files.log",
    benchmark:
        f"{RESULTS}/benchmarks/authors/files.tsv"
    threads: 1
    resources:
        **needs.asked(FIND_AUTHORS),
    params:
        section=AUTHORS.model_dump_json(),
        folder=AUTHORS_MADE_UP.get("made_up", AUTHORS.folder),
    shell:
        "python -P -m paper.rooms.authors.jobs.find --section {params.section:q} --folder {params.folder:q}"
        " --output {output.files:q} --models {output.models:q} > {log:q} 2>&1 || {{ cat {log:q} >&2; exit 1; }}"


rule embed_authors:
    input:
        files=rules.authors_files.output.files,
        models=rules.authors_files.output.models,
        code=library_modules("paper/rooms/authors/jobs/embed.py"),
    output:
        f"{AUTHORS_FILES}/{{split}}.nc",
    log:
        f"{RESULTS}/logs/authors/{{split}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/authors/{{split}}.tsv"
    wildcard_constraints:
        split="train|test",
    threads: 1
    resources:
        **needs.asked(EMBED_AUTHORS),
    params:
        section=AUTHORS.model_dump_json(),
        n_components=study.analysis.n_components,
    shell:
        "python -P -m paper.rooms.authors.jobs.embed --section {params.section:q} --files {input.files:q}"
        " --models {input.models:q} --split {wildcards.split:q} --n-components {params.n_components:q}"
        " --output {output:q} > {log:q} 2>&1 || {{ cat {log:q} >&2; exit 1; }}"
