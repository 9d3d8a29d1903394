"""What snakemake --report says beside figures: their sentences, and the verdicts on claims, read when it is made."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from modules import PROJECT
from snakemake.exceptions import WorkflowError

from inpca.files import DamagedFile
from paper.pages.opening import opening


def category(place: int, name: str) -> str:
    """Name of the category of a notebook's figures; categories are sorted by their names."""
    return f"{place:02} {name.replace('_', ' ')}"


def labels(file: str) -> Callable[..., dict[str, str]]:
    """What the table of a room's figures says of one of them: its name, and the sentence for who does not see it."""

    def of_figure(wildcards) -> dict[str, str]:
        from PIL import Image

        try:
            with Image.open(file) as image:
                image.load()  # all of it, so that a figure that is cut off is no part of a report
                return {"figure": Path(file).stem.replace("_", " "), "shows": image.info["Description"]}
        except FileNotFoundError:
            raise
        except (
            OSError,
            ValueError,
            SyntaxError,
            KeyError,
        ) as error:  # what Pillow raises for bytes that are no picture
            raise WorkflowError(str(DamagedFile(file, error))) from None

    return of_figure


def question(name: str) -> str:
    """The question of a notebook, as its first cell asks it, without formulas and links."""
    first = json.loads((PROJECT / f"notebooks/{name}.ipynb").read_text(encoding="utf-8"))["cells"][0]
    _, asked = opening("".join(first["source"]))
    text = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", asked)
    return plain(re.sub(r"[$*`]", "", text))


def plain(text: str) -> str:
    """Text whose characters mean themselves in reStructuredText."""
    return re.sub(r"([\\*`|_])", r"\\\1", " ".join(text.split()))


class Captions:
    """What captions are filled with; they know it as ``snakemake.config["captions"]``.

    Parameters
    ----------
    study : str
    results : path
        Folder of the study's results.
    notice : str
        What all pages of the study say first, if anything.
    """

    def __init__(self, study: str, results: str, notice: str = ""):
        self.study, self._results, self.notice = study, Path(results), plain(notice)

    def room(self, numbers: str) -> dict:
        """Name, question, and judged claims of the notebook that wrote a file of numbers."""
        name = Path(numbers).stem
        claims = [claim for claim in self._judged() if claim["notebook"] == name and claim["verdict"] != "not tested"]
        return {"name": name, "question": question(name), "claims": [self._row(claim) for claim in claims]}

    def counts(self) -> dict[str, int]:
        """How many claims have each verdict."""
        from paper.report.verdicts import VERDICTS

        judged = self._judged()
        return {verdict: sum(claim["verdict"] == verdict for claim in judged) for verdict in VERDICTS}

    def claims(self) -> list[dict]:
        """All claims that are tested, as captions show them."""
        return [self._row(claim) for claim in self._judged() if claim["verdict"] != "not tested"]

    def _judged(self) -> list[dict]:
        from paper.report.claims import ClaimsError
        from paper.report.comparison import read_claims_of

        try:
            return read_claims_of(self._results)
        except ClaimsError as error:
            raise WorkflowError(str(error)) from None

    @staticmethod
    def _row(claim: dict) -> dict:
        from paper.report.verdicts import with_ends

        control: dict | None = claim["control"]
        known: dict | None = claim["paper"]
        return {
            "text": plain(claim["text"]),
            "room": claim["notebook"].replace("_", " "),
            "verdict": claim["verdict"],
            "here": with_ends(claim),
            "null": f"{claim['control_value']:.3g} ({plain(control['what'])})" if control else "none",
            "paper": f"{known['value']:g} ({known['confidence']})" if known else "none",
        }
