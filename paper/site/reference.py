"""The reference: pages of the library's public names, made from their docstrings, and the help of its commands."""

from __future__ import annotations

import contextlib
import io
import re
from importlib import import_module
from inspect import getdoc

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

from inpca.cli.main import COMMANDS, main

#: Modules whose public names have pages.
MODULES = (
    "inpca",
    "inpca.recording",
    "inpca.predictions",
    "inpca.geometry",
    "inpca.distances",
    "inpca.embedding",
    "inpca.dimension",
    "inpca.plotting",
    "inpca.explorer",
)
#: Modules that are shown whole: classes for one framework each.
WHOLE = ("inpca.recording.lightning", "inpca.recording.transformers")
#: A bar or an underscore after a word, which would be markup in a docstring; not what is escaped or within code.
MARKUP = re.compile(r"(``.*?``|`[^`]*`_?)|(?<!\\)(\|)|(?<=\w)(?<!\\)(_)(?=[^\w`]|$)")


def reference_pages() -> dict[str, str]:
    """Sources of the pages in reStructuredText and Markdown, by file."""
    pages = {f"api/{name}.rst": _module_page(name) for name in MODULES}
    pages |= {f"api/{name}.rst": _whole_page(name) for name in WHOLE}
    pages["api/commands.md"] = commands_page()
    return pages | {"api/index.md": _index([*MODULES, *WHOLE])}


def _index(modules: list[str]) -> str:
    """The page that leads to the others."""
    rows = [f"| [{name}](/api/{name}.rst) | {_summary(name)} |" for name in modules]
    toctree = "\n".join(["```{toctree}", ":hidden:", *modules, "commands", "```"])
    table = "\n".join(["| module | what it holds |", "|---|---|", *rows])
    text = "All that is public in the library, from its docstrings; and [the command inpca](/api/commands.md)."
    return f"# Reference\n\n{text}\n\n{table}\n\n{toctree}\n"


def _summary(module: str) -> str:
    """First line of a module's docstring."""
    return (getdoc(import_module(module)) or "").partition("\n")[0]


def _module_page(module: str) -> str:
    """A table of a module's public names, each with a page."""
    own = [name for name in import_module(module).__all__ if module == "inpca" or not _in_library(name)]
    names = "\n".join(f"   {name}" for name in own)
    title = f"{module}\n{'=' * len(module)}"
    return (
        f"{title}\n\n.. automodule:: {module}\n   :no-members:\n\n"
        f".. currentmodule:: {module}\n\n.. autosummary::\n   :toctree: generated\n\n{names}\n"
    )


def _in_library(name: str) -> bool:
    """Whether the library has a name at its top, so that its page is there."""
    return name in import_module("inpca").__all__


def _whole_page(module: str) -> str:
    """All public names of a module on one page."""
    return f"{module}\n{'=' * len(module)}\n\n.. automodule:: {module}\n   :members:\n"


def commands_page() -> str:
    """What the command ``inpca`` says of itself."""
    parts = ["# The command inpca", "```text\n" + command_help() + "\n```"]
    for name in COMMANDS:
        parts += [f"## inpca {name}", "```text\n" + command_help(name) + "\n```"]
    return "\n\n".join(parts) + "\n"


def command_help(*command: str) -> str:
    """What ``--help`` prints.

    Examples
    --------
    >>> command_help("plan").splitlines()[0].startswith("usage: inpca plan")
    True
    """
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        main([*command, "--help"])
    return said.getvalue().rstrip()


def without_markup(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Escape what docstrings mean as mathematics and reStructuredText would take as markup: ``|x|`` and ``x_``."""
    within = False  # an example, in which all is code
    for place, line in enumerate(lines):
        within = bool(line.strip()) and (within or line.lstrip().startswith(">>>"))
        if not within and not line.lstrip().startswith(".. "):
            lines[place] = MARKUP.sub(_escaped, line)


def _escaped(found: re.Match) -> str:
    return found[1] if found[1] is not None else "\\" + (found[2] or found[3])


def same_name(app: Sphinx, env: BuildEnvironment, node: nodes.Element, text: nodes.Element) -> nodes.reference | None:
    """A name that a docstring gives as its own module knows it, as a link to the only public name that ends so."""
    if node.get("refdomain") != "py":
        return None
    ending = "." + node["reftarget"].rpartition(".")[2]
    known = {name: one for name, one in env.domains.python_domain.objects.items() if name.endswith(ending)}
    if len(known) != 1 or not node["reftarget"].startswith(("inpca", ending[1:])):
        return None
    ((name, one),) = known.items()
    return make_refnode(app.builder, node["refdoc"], one.docname, one.node_id, text, name)


def setup(app: Sphinx) -> dict[str, bool]:
    """Escape docstrings after napoleon has read their sections, and find the names in them."""
    app.connect("autodoc-process-docstring", without_markup, priority=900)
    app.connect("missing-reference", same_name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
