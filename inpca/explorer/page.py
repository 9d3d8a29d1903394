"""The page as one file."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import xarray as xr

from inpca.explorer.contents import Contents
from inpca.files import atomic

#: Parts of the program, in the order in which they are put together.
SCRIPTS = ("contents", "state", "camera", "means", "drawing", "overlay", "panel", "curves", "saving", "input", "main")


def write_explorer(
    path: str | Path,
    embeddings: xr.Dataset | Mapping[str, xr.Dataset],
    *,
    runs,
    columns,
    factors=None,
    geodesic=None,
    colors: Mapping[str, Mapping] | None = None,
    title: str = "Explorer",
) -> None:
    """Write a page in which a reader looks around in embeddings of the same m models.

    The page draws three axes of an embedding at one scale, joins the models of each run by a line, colours them by any
    factor or column, leaves out runs by their factors and models by the value of a column, and tells of the run under
    the pointer its factors and the curves of its columns. What is shown is in the address of the page. It is one file,
    which needs no network, in a browser with WebGL 2. Coordinates are kept to 1/32767 of their extent, columns to four
    digits.

    Parameters
    ----------
    path : path
        Of the file, such as ``explorer.html``.
    embeddings : Dataset, or mapping from name to Dataset
        From :meth:`inpca.InPCA.to_xarray`, with three axes or more, of which the page offers the first eight.
    runs : (m,) array
        Name of the run of each model, whose models come in their order; None for a model of no run, which is not drawn.
    columns : mapping from name to (m,) array, or to a mapping from name to (m,) array
        Numbers of each model: a pandas data frame will do. The first is the time against which curves are drawn, the
        last what the slider cuts at first. Those of an inner mapping, such as train and test, share their curves.
    factors : mapping from name to (m,) array, optional
        What is the same for all models of a run, such as its architecture.
    geodesic : (n,) array of int, optional
        Positions of the models that are points of the geodesic from ignorance to truth, in their order.
    colors : mapping from name of a factor to a mapping from its values to colours (#RRGGBB), optional
        Others have colours from a palette.
    title : str

    Raises
    ------
    TypeError, ValueError
        If an embedding is none, has fewer than three axes or coordinates that are no numbers, an argument has not one
        entry for each model, a column has no number for a model of a run, or a factor differs within a run.

    See Also
    --------
    inpca.plotting.interactive : A page of plotly, for up to 5,000 models.

    Notes
    -----
    The coordinates of all axes are scaled alike: the embedding keeps distances.

    References
    ----------
    Mao et al., PNAS 121(12), 2024, whose models these pictures are of.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from inpca import InPCA
    >>> from inpca.explorer import write_explorer
    >>> models = np.random.default_rng(0).dirichlet(np.ones(3), size=(20, 5))
    >>> page = Path(tempfile.mkdtemp()) / "explorer.html"
    >>> write_explorer(
    ...     page,
    ...     InPCA(3).fit(models).to_xarray(),
    ...     runs=np.repeat(["first", "second"], 10),
    ...     columns={"step": np.tile(np.arange(10), 2)},
    ...     factors={"architecture": np.repeat(["mlp", "cnn"], 10)},
    ... )
    >>> page.read_text(encoding="utf-8")[:15]
    '<!DOCTYPE html>'
    """
    named = {"": embeddings} if isinstance(embeddings, xr.Dataset) else embeddings
    contents = Contents.of(named, runs=runs, columns=columns, factors=factors, geodesic=geodesic, colors=colors)
    with atomic(path) as partial:
        partial.write_text(page_of(contents, title), encoding="utf-8")


def page_of(contents: Contents, title: str) -> str:
    """The page, whose contents cannot end the element of HTML that they are in."""
    header, block = contents.packed()
    folder = files("inpca.explorer")
    scripts = [folder.joinpath("js", f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS]
    parts = {
        "title": html.escape(title),
        "style": folder.joinpath("explorer.css").read_text(encoding="utf-8"),
        "header": json.dumps({"title": title} | header, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c"),
        "block": base64.b64encode(gzip.compress(block, mtime=0)).decode(),
        "script": "\n".join(scripts),
    }
    template = folder.joinpath("page.html").read_text(encoding="utf-8")
    return re.sub(r"<!-- (\w+) -->", lambda found: parts[found[1]], template)
