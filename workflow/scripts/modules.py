"""What a study needs of the project: its rules, their scripts, and the library modules that those import."""

import ast
import json
import re
from pathlib import Path

#: The project's folder; names of files are relative to it, whatever the working folder.
PROJECT = Path(__file__).resolve().parents[2]
LIBRARY = ("inpca", "paper")
#: Modules of the names that ``from inpca import …`` loads when they are used, as the library's stub says.
HOME = {
    alias.name: node.module
    for node in ast.parse((PROJECT / "inpca/__init__.pyi").read_text(encoding="utf-8")).body
    if isinstance(node, ast.ImportFrom)
    for alias in node.names
}
#: Files of rules for each section that a study may have: networks on a data set, networks on synthetic data.
SECTION_RULES = {"dataset": ("data", "train", "corners", "geometry"), "synthetic": ("synthetic",)}


def rule_files(study) -> list[str]:
    """Files of rules that a study includes, in their order."""
    of_sections = [name for section, names in SECTION_RULES.items() if getattr(study, section) for name in names]
    return [f"workflow/rules/{name}.smk" for name in ("common", *of_sections, "notebooks", "report")]


def rule_scripts(files: list[str]) -> list[str]:
    """Scripts that the rules in some files run, but for what only says on which files a study depends."""
    named = {
        script
        for file in files
        for script in re.findall(r"workflow/scripts/\w+\.py", (PROJECT / file).read_text("utf-8"))
    }
    return sorted(named - {"workflow/scripts/modules.py", "workflow/scripts/provenance.py"})


def library_modules(path: str) -> list[str]:
    """Names of the script or notebook itself and of every module of the library that it imports, directly or not."""
    found, pending = {str(path)}, [Path(path)]
    while pending:
        for module in imported_modules(pending.pop()):
            if str(module) not in found:
                found.add(str(module))
                pending.append(module)
    return sorted(found)


def imported_modules(path: Path) -> set[Path]:
    """Files of the library that one file imports; names that the library loads when they are used have their module."""
    names = set()
    for node in ast.walk(ast.parse(source(path))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in LIBRARY:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
            names |= {f"{node.module}.{HOME[alias.name]}" for alias in node.names if alias.name in HOME}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names if alias.name.split(".")[0] in LIBRARY}
    candidates = {Path(*name.split(".")) for name in names}
    files = {place for stem in candidates for place in (stem.with_suffix(".py"), stem / "__init__.py")}
    return {file for file in files if (PROJECT / file).is_file()}


def source(path: Path) -> str:
    """Python source of a module, or of a notebook's code cells."""
    text = (PROJECT / path).read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
