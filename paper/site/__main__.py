"""Build the site of a study: ``python -m paper.site fashion --output site``."""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import main as sphinx_build

from paper.site.landing import INTERACTIVE, interactive_places
from paper.site.sources import write_sources
from paper.site.study import DEFAULT_STUDY, PublishedStudy, SiteError

PROJECT = Path(__file__).resolve().parents[2]
#: File that Sphinx writes into every site.
MADE_BY_SPHINX = ".buildinfo"
#: Warnings are errors, and references that lead nowhere are warnings.
STRICT = ("-W", "--keep-going", "-n", "-q")

#: What Sphinx and its theme write, and what it should be: a name for a button that has only a picture, and links to
#: names of a module under which another knows them.
FAULTS = {
    r'<summary>(?=<span class="toctree-toggle")': '<summary aria-label="pages below">',
    r'(<a class="viewcode-back" href="[^"#]*)#[^"]*': r"\1",
}


def build_site(study: PublishedStudy, output: Path) -> None:
    """Build the site of a study; a site that was there before is replaced when all of the new one is made.

    Parameters
    ----------
    study : PublishedStudy
    output : Path

    Raises
    ------
    SiteError
        If the folder holds something else, or a page cannot be built.
    """
    if output.exists() and not (output / MADE_BY_SPHINX).is_file():
        raise SiteError(f"{output} is there and is no site; move it, or name another folder with --output")
    work = study.root / "build/site"
    shutil.rmtree(work, ignore_errors=True)
    sources, pages = work / "sources", work / "pages"
    sources.mkdir(parents=True)
    write_sources(study, sources)
    options = [*STRICT, "-b", "html", "-c", str(PROJECT / "docs"), "-d", str(work / "doctrees")]
    if study.notice:
        options += ["-D", f"html_theme_options.announcement={study.notice}"]
    if sphinx_build([*options, str(sources), str(pages)]):
        raise SiteError("the site has faults, which are named above; the site that was there is kept")
    mend(pages)
    copy_interactive(study, pages)
    shutil.rmtree(output, ignore_errors=True)
    output.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(pages, output)


def mend(pages: Path) -> None:
    """Give the theme's buttons names, and lead links from source code to pages, each of which has one name."""
    for path in pages.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for pattern, replaced in FAULTS.items():
            text = re.sub(pattern, replaced, text)
        path.write_text(text, encoding="utf-8")


def copy_interactive(study: PublishedStudy, pages: Path) -> None:
    """Put pages to turn the manifold on into the site, with the script that they share."""
    for file, place in interactive_places(study).items():
        (pages / INTERACTIVE).mkdir(exist_ok=True)
        shutil.copy2(study.root / file, pages / place)
        script = (study.root / file).parent / "plotly.min.js"
        if script.is_file():
            shutil.copy2(script, pages / INTERACTIVE)


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", nargs="?", default=DEFAULT_STUDY, help="a study that was run (%(default)s)")
    parser.add_argument("--output", type=Path, default=PROJECT / "site", help="folder of the site")
    options = parser.parse_args()
    try:
        build_site(PublishedStudy.find(PROJECT, options.study), options.output)
    except SiteError as error:
        sys.exit(f"error: {error}")
    print(f"open {options.output / 'index.html'}")


if __name__ == "__main__":
    main()
