"""How often Snakemake looks which jobs can start."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SNAKEFILE = """
include: "{hook}"
rule all:
    input: expand("{{x}}.short", x=range(30)), expand("{{x}}.long", x=range(3))
rule short:
    output: "{{x}}.short"
    priority: 1
    shell: "touch {{output}}"
rule long:
    output: "{{x}}.long"
    shell: "sleep 4; touch {{output}}"
"""


def test_while_jobs_run_snakemake_does_not_look_for_others_again_and_again(tmp_path):
    (tmp_path / "Snakefile").write_text(SNAKEFILE.format(hook=ROOT / "workflow/rules/scheduler.smk"))
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--scheduler", "greedy", "--verbose"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert len(list(tmp_path.glob("*.long"))) == 3
    # after the start and after each of 34 jobs; otherwise some thirty times a second more, for eight seconds
    assert run.stderr.count("Resources before job selection") <= 35
