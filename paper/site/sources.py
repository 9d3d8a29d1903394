"""Sources of all pages of a site, in a folder from which Sphinx builds them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import nbformat

from paper.pages.opening import opening
from paper.site.gallery import gallery
from paper.site.landing import interactive_places, landing, of_study
from paper.site.links import PICTURES, Links, file_page, folder_page
from paper.site.notebooks import page_source
from paper.site.reference import reference_pages
from paper.site.study import PublishedStudy, SiteError

#: Guides in the order of reading; others follow.
GUIDES = ("run", "studies", "scale", "rehearsal", "clusters", "own-networks", "distances")
#: Pages of the project itself.
PROJECT_PAGES = {"README.md": "readme.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
#: Pages at the top of the site, in the order of its header, with their short names.
TOP = {
    "claims": "Claims",
    "notebooks/index": "Notebooks",
    "gallery": "Gallery",
    "method": "Method",
    "guide/index": "Guides",
    "api/index": "Reference",
    "readme": "README",
    "contributing": "Contribute",
    "changelog": "Changes",
}


def page_files(study: PublishedStudy) -> dict[str, str]:
    """Source of a page in the site, by the file or folder of the project that it shows."""
    root = study.root
    docs = {str(path.relative_to(root)): str(path.relative_to(root / "docs")) for path in root.glob("docs/**/*.md")}
    reports = {
        f"{study.results}/claims.md": "claims.md",
        "results/scales.md": "scales.md",
        f"{study.results}/replicate.md": "replicate.md",
    }
    texts = docs | reports | PROJECT_PAGES
    notebooks = {
        file: f"notebooks/{room}.ipynb"
        for room in study.rooms
        for file in (study.notebook_file(room), f"notebooks/{room}.ipynb")
    }
    there = {file: page for file, page in texts.items() if (root / file).is_file()}
    overviews = {"inpca": "api/index.md", "figures": "gallery.md", study.figures: "gallery.md"}
    overviews |= dict.fromkeys(("notebooks", f"{study.results}/notebooks"), "notebooks/index.md")
    return there | notebooks | overviews | {"docs": "index.md"}


def write_sources(study: PublishedStudy, folder: Path) -> None:
    """Write the sources of all pages.

    Parameters
    ----------
    study : PublishedStudy
    folder : Path
        Empty.

    Raises
    ------
    SiteError
        If a page links to what is not there, or something of the study is not what it should be.
    """
    root = study.root
    links = Links(root, page_files(study))
    for name in PICTURES:
        (folder / name).symlink_to((root / name).resolve())

    titles = {}
    for room in study.rooms:
        notebook = page_source(study, study.notebook_file(room))
        titles[room] = opening(notebook.cells[0].source)
        _write(folder, f"notebooks/{room}.ipynb", nbformat.writes(notebook))
    pages = {page: _text(study, file, links) for file, page in links.pages.items() if file.endswith(".md")}
    pages |= generated(study, links, titles) | reference_pages()
    for page, pages_below in _toctrees(pages, study.rooms).items():
        pages[page] += "\n" + toctree(pages_below)
    for page, text in pages.items():
        _write(folder, page, text)
    done: set[str] = set()
    while new := links.linked.keys() - done:
        for file in sorted(new):
            _write(folder, links.linked[file], _linked(study, file, links))
        done |= new


def _text(study: PublishedStudy, file: str, links: Links) -> str:
    """A Markdown file of the project as a source of the site."""
    text = (study.root / file).read_text(encoding="utf-8")
    if file == "docs/index.md":
        return landing(links.rewritten(of_study(text, study), file), study)
    return links.rewritten(text, file)


def _linked(study: PublishedStudy, file: str, links: Links) -> str:
    """Source of a page that is there because others link to it."""
    if (study.root / file).is_dir():
        return folder_page(links, file)
    if file.endswith(".ipynb"):
        of = file.split("/")[1] if file.startswith("results/") else study.name
        notebook = page_source(PublishedStudy(study.root, of), file)
        notebook.metadata["orphan"] = True
        return nbformat.writes(notebook)
    if file.endswith(".md"):
        return "---\norphan: true\n---\n\n" + links.rewritten((study.root / file).read_text(encoding="utf-8"), file)
    return file_page(study.root, file)


def generated(study: PublishedStudy, links: Links, titles: dict[str, tuple[str, str]]) -> dict[str, str]:
    """Pages that no file of the project has: overviews and the gallery."""
    rows = [f"| [{titles[room][0]}](/notebooks/{room}.ipynb) | {titles[room][1]} |" for room in study.rooms]
    table = "\n".join(["| notebook | question |", "|---|---|", *rows])
    text = f"Executed for the study `{study.name}`, with text, figures, numbers and verdicts; code is folded."
    shown = [study.config, f"{study.results}/provenance.json"]
    places = {file: f"/{links.page_of(file, 'the gallery')}" for file in shown} | interactive_places(study)
    pages = {
        "notebooks/index.md": f"# Notebooks\n\n{text}\n\n{table}\n",
        "gallery.md": gallery(study, {room: title for room, (title, _) in titles.items()}, places),
    }
    guides = sorted(
        {page for page in links.pages.values() if re.fullmatch(r"guide/[\w-]+\.md", page)} - {"guide/index.md"}
    )
    if guides and "guide/index.md" not in links.pages.values():
        guide_titles = [
            f"- [{_title(study.root / 'docs' / page)}](/{page})" for page in sorted(guides, key=_reading_order)
        ]
        pages["guide/index.md"] = "# Guides\n\n" + "\n".join(guide_titles) + "\n"
    return pages


def _title(path: Path) -> str:
    """First heading of a Markdown file.

    Raises
    ------
    SiteError
        If it has none.
    """
    found = re.search(r"^# (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise SiteError(f"{path} has no title: a line that starts with '# '")
    return found[1]


def _reading_order(page: str) -> tuple[int, str]:
    name = Path(page).stem
    return (GUIDES.index(name) if name in GUIDES else len(GUIDES), name)


def _toctrees(pages: dict[str, str], rooms: Iterable[str]) -> dict[str, list[str]]:
    """Pages below each page that has some."""
    names = {page.removesuffix(".md") for page in pages if page.endswith(".md")}
    guides = sorted((name for name in names if name.startswith("guide/") and name != "guide/index"), key=_reading_order)
    reports = [name for name in ("scales", "replicate") if name in names]
    others = sorted(name for name in names if "/" not in name and name not in {*TOP, *reports, "index"})
    below = {
        "index.md": [f"{title} <{name}>" for name, title in TOP.items() if name in names],
        "claims.md": reports,
        "notebooks/index.md": list(rooms),
        "method.md": others,
        "guide/index.md": [name.removeprefix("guide/") for name in guides],
    }
    return {page: entries for page, entries in below.items() if entries and page in pages}


def toctree(entries: Iterable[str]) -> str:
    """A table of contents that only the site's navigation shows."""
    return "\n".join(["```{toctree}", ":hidden:", "", *entries, "```", ""])


def _write(folder: Path, page: str, text: str) -> None:
    """Write one source."""
    path = folder / page
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
