"""A study of made-up predictions says so on every notebook, table and page; other studies say nothing of it."""

import json
import subprocess
import sys
from types import SimpleNamespace

import explorer
import jinja2
import pytest
from bs4 import BeautifulSoup
from captions import Captions
from claims import judge_study
from conftest import ROOT
from test_claims import ONE
from test_pages import CLAIM, notebook

from paper.pages.notebook_page import Place, notebook_page, with_answers
from paper.pages.opening import opening
from paper.report.claims import Claim
from paper.report.verdicts import claims_table, judge
from paper.site.__main__ import build_site
from paper.site.study import PublishedStudy, SiteError
from paper.study.made_up import NOTICE
from paper.study.study import read_study

STUDIES = sorted(path.stem for path in (ROOT / "config").glob("*.yaml"))
REPORT = sorted((ROOT / "workflow/report").glob("*.rst"))


def test_of_the_studies_that_ship_the_rehearsal_alone_has_it():
    said = {name: read_study(ROOT / f"config/{name}.yaml").notice for name in STUDIES}
    assert {name for name, notice in said.items() if notice} == {"rehearsal"}
    assert said["rehearsal"] == NOTICE and "\n" not in NOTICE and "no network was trained" in NOTICE


def test_it_stands_below_the_title_of_a_notebook_and_of_its_page():
    place = Place("earlier", "later", "snakemake", NOTICE)
    executed = with_answers(notebook(), [CLAIM], place)
    first = executed.cells[0].source
    assert first.startswith(f"# Growth of $x_i$\n\n> **{NOTICE}**\n\n**Question.** Why?")
    assert opening(first) == ("Growth of $x_i$", "Why?")
    page = BeautifulSoup(notebook_page(executed, {}, {}, place), "html.parser")
    assert page.title.get_text() == "Growth of x_i"
    assert page.find("h1").find_next("blockquote").get_text().strip() == NOTICE
    assert page.get_text().index(NOTICE) < page.get_text().index("It grows.")


def test_a_notebook_without_a_question_has_it_too():
    executed = with_answers(notebook("# Only a title"), [], Place("a", "b", "snakemake", NOTICE))
    assert executed.cells[0].source == f"# Only a title\n\n> **{NOTICE}**"
    of_code = notebook()
    of_code.cells.pop(0)
    assert with_answers(of_code, [], Place("a", "b", "snakemake", NOTICE)).cells[0].source == f"> **{NOTICE}**"


def test_notebooks_of_other_studies_are_as_they_were():
    without, before = (Place("a", "b", "snakemake", *given) for given in ((), ("",)))
    first = with_answers(notebook(), [CLAIM], without).cells[0].source
    assert first == with_answers(notebook(), [CLAIM], before).cells[0].source
    assert first.startswith("# Growth of $x_i$\n\n**Question.** Why?\n\n|")


def test_it_stands_above_the_verdicts_on_claims(tmp_path):
    judged = judge([Claim(**ONE)], "book", {"value": 1.0})
    with_it, without = claims_table(judged, NOTICE), claims_table(judged)
    assert with_it.startswith(f"# Claims, as this study finds them\n\n> **{NOTICE}**\n\n")
    assert with_it.replace(f"> **{NOTICE}**\n\n", "") == without
    claims = sorted((ROOT / "paper/rooms").glob("*/claims.yaml"))
    judge_study(claims, [], NOTICE, tmp_path / "claims.json", tmp_path / "claims.md")
    assert NOTICE in (tmp_path / "claims.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("notice", [NOTICE, ""])
def test_the_title_of_the_explorer_has_it(monkeypatch, tmp_path, notice):
    titles = []
    monkeypatch.setattr(explorer, "load_table", lambda path: [])
    monkeypatch.setattr(explorer, "explore", lambda path, table, embeddings, title: titles.append(title))
    (tmp_path / "page.html").touch()
    explorer.write_page([], tmp_path / "models.parquet", "mine", notice, tmp_path / "page.html")
    assert titles == [f"Explorer of the study mine. {notice}" if notice else "Explorer of the study mine"]


@pytest.mark.parametrize("caption", REPORT, ids=lambda path: path.stem)
def test_captions_of_the_report_begin_with_it_and_those_of_other_studies_do_not(tmp_path, caption):
    (tmp_path / "claims.json").write_text("[]")
    output = SimpleNamespace(numbers="numbers/main_manifold.json")
    texts = {}
    for notice in (NOTICE, ""):
        captions = Captions("mine", str(tmp_path), notice)
        snakemake = SimpleNamespace(config={"captions": captions}, output=output)
        texts[notice] = jinja2.Template(caption.read_text(encoding="utf-8")).render(snakemake=snakemake)
    assert texts[NOTICE].lstrip() == f"**{NOTICE}**\n\n{texts[''].lstrip()}"


@pytest.mark.parametrize(("study", "said"), [("rehearsal", NOTICE), ("fashion", None)])
def test_every_page_of_the_site_has_it(monkeypatch, tmp_path, study, said):
    options = []
    monkeypatch.setattr("paper.site.__main__.write_sources", lambda *_: None)
    monkeypatch.setattr("paper.site.__main__.sphinx_build", lambda given: options.extend(given) or 1)
    (tmp_path / "config").symlink_to(ROOT / "config")
    with pytest.raises(SiteError, match="the site has faults"):
        build_site(PublishedStudy(tmp_path, study), tmp_path / "site")
    announced = [one for one in options if one.startswith("html_theme_options.announcement=")]
    assert announced == ([f"html_theme_options.announcement={said}"] if said else [])


@pytest.mark.slow
def test_jobs_of_the_study_are_given_it(tmp_path):
    """Commands of the rules, as a dry-run prints them."""
    text = json.dumps(
        {
            "study": "tiny",
            "dataset": {"name": "made_up", "n_train": 40, "n_test": 40},
            "made_up": {"dimension": 1},
            "networks": {"a": {"kind": "fc", "widths": [4]}},
            "experiments": {
                "main": {
                    "seeds": [1],
                    "checkpoints": {"schedule": "log", "number": 8},
                    "grids": [
                        {
                            "network": ["a"],
                            "optimizer": ["sgd", "sgdn", "adam"],
                            "batch": [{"size": 20, "learning_rate": 0.1}],
                            "weight_decay": [0],
                            "augmentation": ["none"],
                            "epochs": 2,
                        }
                    ],
                }
            },
            "notebooks": {"schematic": {}},
        }
    )
    (tmp_path / "tiny.yaml").write_text(text)
    command = ["--dry-run", "--printshellcmds", "--cores", "1", "--snakefile", str(ROOT / "Snakefile")]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *command, "--configfile", "tiny.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    given = [line for line in done.stdout.splitlines() if f"--notice='{NOTICE}'" in line]
    assert {name for name in ("run_notebook", "claims", "explorer") if any(f"/{name}.py" in one for one in given)} == {
        "run_notebook",
        "claims",
        "explorer",
    }
