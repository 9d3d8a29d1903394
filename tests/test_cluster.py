"""A whole study on a SLURM of this machine: the same bits as without, and jobs and nodes that are lost on the way."""

import re
import subprocess
import sys
import time

import loopback_slurm as slurm
import pytest
from conftest import copy_project, snakemake

pytestmark = pytest.mark.cluster

STUDY = ("--configfile", "tests/cluster.yaml")
#: What the profile leaves to a site, and shorter waits than on a cluster: here jobs take seconds.
HERE = {
    "--max-threads": "1",
    "--latency-wait": "10",
    "--slurm-status-command": "squeue",
    "--slurm-init-seconds-before-status-checks": "1",
    "--seconds-between-status-checks": "1",
}
#: Longest time in seconds that the study may take on a busy machine.
LONGEST = 1200


class Run:
    """A run of the study through SLURM that is looked at while it goes on.

    Attributes
    ----------
    seen : list of dict
        Jobs of SLURM at moments of the run: state, node, GPUs and rule by number.
    """

    def __init__(self, folder):
        options = [part for option in HERE.items() for part in option]
        profile = ["--workflow-profile", "profiles/slurm", "--slurm-no-account"]
        command = [sys.executable, "-m", "snakemake", *STUDY, *profile, *options]
        self.log = folder / "snakemake.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        self.seen, self.end = [], time.monotonic() + LONGEST

    def text(self):
        return self.log.read_text("utf-8")

    def look(self):
        columns = ",".join(f"{name}:|" for name in ("JobID", "State", "NodeList", "tres-per-job", "Comment"))
        lines = slurm.asked("squeue", "--noheader", "--states=all", "--Format", columns).splitlines()
        rows = (line.split("|")[:5] for line in lines)
        self.seen.append({number: (state, node, gpus, rule) for number, state, node, gpus, rule in rows})
        return self.seen[-1]

    def until(self, condition):
        """Look until something is so of the jobs, and return that."""
        while not (found := condition(self.look())):
            assert self.process.poll() is None, f"the run ended before that: {self.text()[-3000:]}"
            assert time.monotonic() < self.end, f"still waiting: {self.seen[-1]}\n{self.text()[-3000:]}"
            time.sleep(0.5)
        return found

    def finish(self):
        while self.process.poll() is None:
            assert time.monotonic() < self.end, f"still running: {self.text()[-3000:]}"
            self.look()
            time.sleep(1)
        assert self.process.returncode == 0, self.text()[-6000:]


def running(jobs, rule="", node=""):
    """Numbers of the running jobs of a rule, on a node."""
    return [
        number
        for number, (state, where, _, name) in jobs.items()
        if state == "RUNNING" and name.startswith(f"rule_{rule}") and where.startswith(node)
    ]


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """The study without a cluster."""
    folder = copy_project(tmp_path_factory.mktemp("local"))
    done = snakemake(folder, *STUDY)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The study through SLURM: a job that trains is cancelled, and a node drained until it is needed again."""
    folder = copy_project(tmp_path_factory.mktemp("cluster"))
    with slurm.running(tmp_path_factory.mktemp("slurm")):
        run = Run(folder)
        try:
            run.until(lambda jobs: len(running(jobs, "train")) == 2)
            run.cancelled = run.until(lambda jobs: running(jobs, "train"))[0]
            slurm.asked("scancel", run.cancelled)
            run.until(lambda jobs: jobs[run.cancelled][0] == "CANCELLED")
            run.until(lambda jobs: running(jobs, "model_table"))
            slurm.asked("scontrol", "update", "nodename=n2", "state=drain", "reason=test")
            run.until(lambda jobs: not running(jobs, node="n2"))
            run.drained = len(run.seen)
            run.until(lambda jobs: running(jobs, node="n1") and [1 for job in jobs.values() if job[0] == "PENDING"])
            run.resumed = len(run.seen)
            slurm.asked("scontrol", "update", "nodename=n2", "state=resume")
            run.until(lambda jobs: running(jobs, node="n2"))
            run.finish()
        finally:
            run.process.kill()
            run.process.wait()
    run.folder = folder
    return run


def test_outputs_are_the_same_bits_as_without_a_cluster(local, cluster):
    def made(folder):
        files = [path for place in ("results", "figures") for path in (folder / place / "cluster").rglob("*")]
        names = {str(path.relative_to(folder)): path for path in files if path.is_file()}
        return {name: path for name, path in names.items() if not re.search(r"/(logs|benchmarks)/", name)}

    here, there = made(local), made(cluster.folder)
    assert set(here) == set(there) and len(here) > 100
    assert not [name for name in here if here[name].read_bytes() != there[name].read_bytes()]


def test_every_job_but_the_last_went_through_slurm(cluster):
    submitted = set(re.findall(r"^Job (\d+) has been submitted with SLURM jobid", cluster.text(), re.M))
    finished = dict(re.findall(r"^Finished jobid: (\d+) \(Rule: (\w+)\)", cluster.text(), re.M))
    assert {number for number, rule in finished.items() if rule != "all"} == submitted
    assert len(submitted) == len(finished) - 1 > 15


def test_a_cancelled_job_is_submitted_again_with_more_memory_and_finishes(cluster):
    text = cluster.text()
    submitted = re.findall(r"^Job (\d+) has been submitted with SLURM jobid (\d+)", text, re.M)
    (job,) = [job for job, number in submitted if number == cluster.cancelled]
    numbers = [number for one, number in submitted if one == job]
    assert len(numbers) == 2 and numbers[0] == cluster.cancelled
    assert f"Trying to restart job {job}." in text and f"Finished jobid: {job} " in text
    assert all(count == 1 for count in _counts(one for one, _ in submitted if one != job))
    states = {number: job[0] for number, job in cluster.seen[-1].items()}
    assert states[numbers[0]] == "CANCELLED" and states[numbers[1]] == "COMPLETED"


def test_a_drained_node_gets_no_job_until_it_is_resumed(cluster):
    while_drained = cluster.seen[cluster.drained : cluster.resumed]
    assert while_drained and not any(running(jobs, node="n2") for jobs in while_drained)
    assert any(running(jobs, node="n1") for jobs in while_drained)
    assert any(running(jobs, node="n2") for jobs in cluster.seen[cluster.resumed :])


def test_jobs_that_train_have_one_gpu_each_and_do_not_wait_for_each_other(cluster):
    train = [job for jobs in cluster.seen for job in jobs.values() if job[3].startswith("rule_train")]
    other = [job for jobs in cluster.seen for job in jobs.values() if not job[3].startswith("rule_train")]
    assert train and other and all(gpus.endswith("gpu:1") for _, _, gpus, _ in train)
    assert not any("gpu" in gpus for _, _, gpus, _ in other)
    assert any(len(running(jobs, "train")) == 2 for jobs in cluster.seen)


def test_nothing_is_left_to_do_here_after_a_run_on_a_cluster(cluster):
    done = snakemake(cluster.folder, *STUDY)
    assert done.returncode == 0 and "Nothing to be done" in done.stdout + done.stderr


def test_without_slurm_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setattr(slurm, "PROGRAMS", ("no-such-program",))
    with pytest.raises(slurm.NoSlurm, match=r"no-such-program; .* apt install slurm-wlm munge"):
        slurm.check()


def _counts(names):
    names = list(names)
    return [names.count(name) for name in set(names)]
