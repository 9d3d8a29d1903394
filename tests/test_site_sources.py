"""Sources of the site's pages: links, landing page, docstrings, formulas."""

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from paper.site.landing import interactive_places, landing, of_study
from paper.site.links import Links, file_page, folder_page
from paper.site.mathml import mathml
from paper.site.reference import without_markup
from paper.site.study import NO_COMMIT, PublishedStudy, SiteError

ALT = "Three axes of an embedding in perspective."


@pytest.fixture
def project(tmp_path):
    """A project with a module, a page and the first figure of a study."""
    for file, text in {
        "docs/page.md": "# Page",
        "paper/stored.py": '"""Stored | models.\n\nMore."""\n````\n',
        "results/mine/notebooks/main_manifold.ipynb": "{}",
        "results/mine/claims.md": "# Claims",
        "results/mine/provenance.json": "{}",
        "config/mine.yaml": "study: mine",
    }.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text.replace("````", "x = 1"))
    return tmp_path


@pytest.fixture
def study(project):
    """A study with one figure, which says what it shows."""
    folder = project / "figures/mine/main_manifold"
    folder.mkdir(parents=True)
    said = PngInfo()
    said.add_text("Description", ALT)
    Image.new("RGB", (4, 4)).save(folder / "manifold_3d.png", pnginfo=said)
    return PublishedStudy.find(project, "mine")


@pytest.mark.parametrize(
    ("text", "rewritten"),
    [
        ("See [it](page.md#part).", "See [it](/page.md#part)."),
        ("[a `b`](../paper/stored.py)", "[a `b`](/files/paper/stored.py.md)"),
        ("[all](../paper)", "[all](/files/paper.md)"),
        ("![x](../figures/mine/a.png)", "![x](/figures/mine/a.png)"),
        ("[![x](../figures/mine/a.png)](page.md)", "[![x](/figures/mine/a.png)](/page.md)"),
        ("`[it](nothing.md)`", "`[it](nothing.md)`"),
        ("```\n[it](nothing.md)\n```", "```\n[it](nothing.md)\n```"),
        ("[far](https://a.example/b.md) [here](#part)", "[far](https://a.example/b.md) [here](#part)"),
    ],
)
def test_links_lead_to_pages_of_the_site(project, text, rewritten):
    (project / "figures/mine").mkdir(parents=True)
    (project / "figures/mine/a.png").touch()
    assert Links(project, {"docs/page.md": "page.md"}).rewritten(text, "docs/other.md") == rewritten


@pytest.mark.parametrize("link", ["[it](nothing.md)", "![it](nothing.png)", "[out](../../elsewhere)"])
def test_a_link_to_nothing_is_named(project, link):
    with pytest.raises(SiteError, match=r"docs/other.md (links to|shows) .*(nothing|elsewhere)"):
        Links(project, {}).rewritten(link, "docs/other.md")


def test_files_and_folders_have_pages(project):
    links = Links(project, {})
    assert "| [`stored.py`](/files/paper/stored.py.md) | Stored \\| models. |" in folder_page(links, "paper")
    assert links.linked == {"paper/stored.py": "files/paper/stored.py.md"}, "and what it links to has a page"
    (project / "paper/draft.ipynb").touch()
    assert "| `draft.ipynb` | " in folder_page(links, "paper")
    assert "```python\n" in file_page(project, "paper/stored.py")
    (project / "fence.md").write_text("````\ncode\n````\n")
    assert file_page(project, "fence.md").count("`````") == 2
    (project / "table.bin").write_bytes(b"\xff\x00")
    with pytest.raises(SiteError, match=r"table\.bin, which is no text"):
        file_page(project, "table.bin")


def test_the_first_page_shows_the_manifold_of_its_study(study):
    text = "# Title\n\n![old](../figures/fashion/a.png)\n\n[claims](../results/fashion/claims.md)\n"
    page = landing(of_study(text, study), study)
    assert f"![{ALT}](/figures/mine/main_manifold/manifold_3d.png)" in page and "fashion" not in page
    assert "snakemake --cores all --configfile config/mine.yaml figures/mine/explorer.html" in page
    assert "<iframe" not in page


def test_the_manifold_turns_where_its_page_was_made(study):
    for name in ("main_manifold/manifold_3d.html", "explorer.html"):
        (study.root / study.figures / name).touch()
    study = PublishedStudy.find(study.root, "mine")
    page = landing(of_study("![old](../figures/fashion/a.png)", study), study)
    assert 'src="interactive/explorer.html"' in page and f'title="{ALT}"' in page
    assert f"![{ALT}](/figures/mine/main_manifold/manifold_3d.png)" in page
    assert list(interactive_places(study).values()) == [
        "interactive/explorer.html",
        "interactive/main_manifold-manifold_3d.html",
    ]


def test_a_figure_says_what_it_shows_or_is_named(study):
    (figure,) = study.all_figures
    assert (figure.alt, figure.commit, figure.name) == (ALT, NO_COMMIT, "manifold_3d")
    Image.new("RGB", (4, 4)).save(study.root / figure.file)
    (older,) = PublishedStudy.find(study.root, "mine").all_figures
    assert older.alt.startswith("Figure manifold_3d of the notebook main_manifold, made by an earlier version")
    (study.root / figure.file).write_text("no picture")
    with pytest.raises(SiteError, match=r"manifold_3d\.png is no PNG"):
        PublishedStudy.find(study.root, "mine").all_figures  # noqa: B018


@pytest.mark.parametrize("missing", ["claims.md", "provenance.json", "notebooks/main_manifold.ipynb"])
def test_a_study_that_was_not_run_to_its_end_says_how(study, missing):
    (study.root / study.results / missing).unlink()
    with pytest.raises(SiteError, match=r"snakemake --cores all --configfile config/mine\.yaml"):
        PublishedStudy.find(study.root, "mine")


def test_mathematics_in_docstrings_is_no_markup():
    lines = ["|λ| of embedding_, X_ij and ``a|b_`` `c_`_", ">>> a_ | b", "a_ | b", "", "again_."]
    without_markup(None, "", "", None, None, lines)
    assert lines == ["\\|λ\\| of embedding\\_, X_ij and ``a|b_`` `c_`_", ">>> a_ | b", "a_ | b", "", "again\\_."]


def test_formulas_are_mathml():
    assert mathml("a\n b").startswith("<math") and 'display="block"' in mathml("a", block=True)
    assert mathml(r"1,\dots,n") == mathml(r"1,\ldots,n")
