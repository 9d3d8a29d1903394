"""Links of Markdown texts to files of the project, as links to pages of the site."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from paper.site.study import SiteError

#: Code, in which a link is none, or a link or picture: text, target.
PARTS = re.compile(
    r"(?P<code>^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)\s*?$|`[^`\n]*`)|(?P<mark>!?\[)(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^)\s]+)\)",
    re.DOTALL | re.MULTILINE,
)
#: Targets that are no files of the project.
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|#")
#: Languages of code by suffix; what else there is, is text.
LANGUAGES = {
    ".py": "python",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".toml": "toml",
    ".json": "json",
    ".sh": "bash",
    ".js": "javascript",
}
#: Files that are no texts, and folders that hold what programs made.
BINARY = {".png", ".pdf", ".npz", ".npy", ".gz", ".parquet", ".nc"}
MADE = {"__pycache__", ".ipynb_checkpoints"}
#: Sources of pages, which link to others.
TEXTS = {".md", ".ipynb"}
#: Folders of the project whose pictures pages show.
PICTURES = ("figures", "results")
#: Folder of the site for files that are shown only because a page links to them.
FILES = "files"


@dataclass
class Links:
    """Where files of the project are in the site; a file that a page links to and that has no page gets one.

    Parameters
    ----------
    root : Path
        The project.
    pages : mapping of str to str
        Source of a page in the site, by file or folder of the project.
    """

    root: Path
    pages: Mapping[str, str]
    #: Files and folders that are linked to and have no page of their own.
    linked: dict[str, str] = field(default_factory=dict)

    def rewritten(self, text: str, file: str) -> str:
        """A Markdown text with links that lead within the site.

        Parameters
        ----------
        text : str
        file : str
            Where the text stands in the project; its links are relative to that.

        Raises
        ------
        SiteError
            If a link leads to a file that is not there.
        """
        return PARTS.sub(lambda found: self._rewritten(found, file), text)

    def _rewritten(self, found: re.Match, file: str) -> str:
        if found["code"] or ELSEWHERE.match(found["target"]):
            return found[0]
        path, _, fragment = unquote(found["target"]).partition("#")
        target = os.path.normpath(os.path.join(os.path.dirname(file), path))
        if found["mark"] == "![":
            if target.partition("/")[0] not in PICTURES or not (self.root / target).is_file():
                raise SiteError(f"{file} shows {target}, which is no picture of {' or '.join(PICTURES)}")
            there = target
        else:
            there = self.page_of(target, file)
        text = self.rewritten(found["text"], file)
        return f"{found['mark']}{text}](/{there}{'#' + fragment if fragment else ''})"

    def page_of(self, target: str, file: str) -> str:
        """Source of the page that shows a file or folder of the project.

        Raises
        ------
        SiteError
            If it is not there.
        """
        if target in self.pages:
            return self.pages[target]
        if target.startswith("..") or not (self.root / target).exists():
            raise SiteError(f"{file} links to {target}, which is not there")
        suffix = Path(target).suffix
        return self.linked.setdefault(target, f"{FILES}/{target}" + ("" if suffix in TEXTS else ".md"))


def file_page(root: Path, file: str) -> str:
    """A page that shows the text of a file.

    Raises
    ------
    SiteError
        If the file holds no text.
    """
    try:
        text = (root / file).read_text(encoding="utf-8")
    except (UnicodeDecodeError, OSError):
        raise SiteError(f"a page links to {file}, which is no text that a page could show") from None
    language = LANGUAGES.get(Path(file).suffix, "text")
    longest = max(map(len, re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"---\norphan: true\n---\n\n# {Path(file).name}\n\n`{file}`\n\n{fence}{language}\n{text.rstrip()}\n{fence}\n"


def folder_page(links: Links, folder: str) -> str:
    """A page that lists the files of a folder, each with a link to it and with what it says of itself."""
    files = [
        path
        for path in sorted((links.root / folder).rglob("*"))
        if path.is_file() and path.suffix not in BINARY and MADE.isdisjoint(path.parts)
    ]
    rows = [f"| {_link(links, path, folder)} | {summary(path)} |" for path in files]
    return "\n".join(["---\norphan: true\n---\n", f"# {folder}", "", "| file | what it is |", "|---|---|", *rows, ""])


def _link(links: Links, path: Path, folder: str) -> str:
    """Name of a file of a folder, with a link; a notebook that was not executed for the site has no page."""
    name, file = f"`{path.relative_to(links.root / folder)}`", path.relative_to(links.root).as_posix()
    if path.suffix == ".ipynb" and file not in links.pages:
        return name
    return f"[{name}](/{links.page_of(file, folder)})"


def summary(path: Path) -> str:
    """First line of a module's docstring; nothing for other files."""
    if path.suffix != ".py":
        return ""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0].replace("|", "\\|")
