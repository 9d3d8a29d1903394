"""What a study needs of the project: its rules, their jobs, and the modules that those import."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp

#: The project's folder; names of files are relative to it, whatever the working folder.
PROJECT = Path(__file__).resolve().parents[2]
#: Library and paper, whose modules import each other.
PACKAGES = ("inpca", "paper")


def rule_files(study) -> list[str]:
    """Files of rules that a study includes, in their order: of the shared stages, then of its rooms."""
    stages = ("data", "made_up" if study.made_up else "train", "geometry", "tiles") if study.dataset else ()
    pages = ("explorer",) if "main" in study.experiments else ()
    rooms = [f"paper/rooms/{room}/rules.smk" for room in study.sections()]
    return [
        *(f"workflow/rules/{name}.smk" for name in ("common", *stages, *pages)),
        *(file for file in rooms if (PROJECT / file).is_file()),
        *(f"workflow/rules/{name}.smk" for name in ("notebooks", "report", "archive")),
    ]


def rule_jobs(files: list[str]) -> list[str]:
    """Jobs that the rules in some files run, but for those that only describe or pack what the others made."""
    named = {
        job
        for file in files
        for job in re.findall(r"library_modules\(\"([\w/]+\.py)\"\)", (PROJECT / file).read_text("utf-8"))
    }
    return sorted(named - {f"workflow/scripts/{name}.py" for name in ("provenance", "archive", "crate")})


def library_modules(path: str | Path) -> list[str]:
    """Names of a job or notebook itself and of every module of the project that it imports, directly or not.

    A module's packages are among them, whose code runs first.
    """
    graph = import_graph()
    needed = set(imported_modules(Path(path)))
    for module in sorted(needed):
        needed |= graph.find_upstream_modules(module)
    needed |= {".".join(module.split(".")[:end]) for module in needed for end in range(1, module.count(".") + 1)}
    return sorted({str(path), *(file_of(module) for module in needed)})


def claims_files(notebook: str) -> list[str]:
    """Files that say what the paper claims of a notebook's experiment, and with which numbers."""
    return [f"paper/rooms/{notebook}/claims.yaml", "paper/report/paper_numbers.yaml"]


def page_files() -> list[str]:
    """Parts of the explorer that are no modules of Python."""
    folder = PROJECT / "inpca/explorer"
    return sorted(
        str(file.relative_to(PROJECT)) for kind in ("html", "css", "js") for file in folder.rglob(f"*.{kind}")
    )


@cache
def import_graph() -> grimp.ImportGraph:
    """Which module of the project imports which; a package that loads modules late imports all that its stub names."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None, exclude_type_checking_imports=True)
    for package in sorted(graph.modules):
        for module in set(loaded_late(package).values()):
            graph.add_import(importer=package, imported=module)
    return graph


def file_of(module: str) -> str:
    """File of a module, relative to the project."""
    stem = Path(*module.split("."))
    return str(stem / "__init__.py" if (PROJECT / stem).is_dir() else stem.with_suffix(".py"))


def imported_modules(path: Path) -> Iterator[str]:
    """Modules of the project that a job or notebook imports itself; names that are loaded late have their module."""
    known = import_graph().modules
    for node in ast.walk(ast.parse(source(path))):
        if isinstance(node, ast.ImportFrom):
            names = [(f"{node.module}.{alias.name}", node.module) for alias in node.names if node.module]
        elif isinstance(node, ast.Import):
            names = [(alias.name, alias.name) for alias in node.names]
        else:
            continue
        for whole, module in names:
            late = loaded_late(module).get(whole)
            yield from [name for name in (whole, late, module) if name in known][:1]


@cache
def loaded_late(package: str) -> dict[str, str]:
    """Module of each name that a package loads when it is used, as its stub says; none for one without a stub."""
    stub = PROJECT.joinpath(*package.split("."), "__init__.pyi")
    tree = ast.parse(stub.read_text("utf-8") if stub.is_file() else "")
    return {
        f"{package}.{alias.name}": f"{package}.{node.module}"
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }


def source(path: Path) -> str:
    """Python source of a module, or of a notebook's code cells."""
    text = (PROJECT / path).read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
