# After each job that ends while others wait, Snakemake 9 looks again which of them can start, and from then on once a
# second: after some hundred jobs these looks take a tenth of a core. They serve a limit on the jobs that start in a
# second, which no study needs.


onstart:
    workflow.scheduler.job_rate_limiter = None
