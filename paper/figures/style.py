"""Colours, names and file formats that all figures share."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import seaborn as sns
from IPython.display import Image, display
from matplotlib.figure import Figure

#: Name and colour (Okabe & Ito's palette, distinct for colour-blind readers) of each architecture.
ARCHITECTURES = {
    "fc": ("fully connected", "#0072B2"),
    "allcnn": ("All-CNN", "#E69F00"),
    "convmixer": ("ConvMixer", "#009E73"),
    "wrn": ("wide ResNet", "#56B4E9"),
    "wrn_small": ("wide ResNet (small)", "#56B4E9"),
    "wrn_large": ("wide ResNet (large)", "#D55E00"),
    "wrn_wide": ("wide ResNet (wider)", "#D55E00"),
    "wrn_deep": ("wide ResNet (deeper)", "#332288"),
    "vit": ("ViT", "#CC79A7"),
    "resnet18": ("ResNet-18", "#56B4E9"),
    "resnet50": ("ResNet-50", "#D55E00"),
    "vit_s": ("ViT-S", "#CC79A7"),
}
#: Colours of further networks, in the order in which a study names them.
SPARE_COLOURS = ("#F0E442", "#8C6D31", "#7F7F7F", "#332288", "#117733", "#882255")
SPACE_LIKE, TIME_LIKE = "#0072B2", "#D55E00"
MUTED = "#9A9A9A"
OPTIMIZERS = {"sgd": "SGD", "sgdn": "Nesterov", "adam": "Adam"}
#: Resolution of PNG files and of points inside PDF files, in dots an inch.
RESOLUTION = 110
#: Fewest words of an alternative text; a name has less.
FEWEST_WORDS = 4


@dataclass(frozen=True)
class Look:
    """How a line is drawn, so that it is told from others by more than its colour."""

    colour: str
    dashes: str | tuple
    marker: str


#: Looks of lines and points that are of no architecture.
LOOKS = (
    Look("#000000", "-", "o"),
    Look("#882255", "--", "^"),
    Look("#999933", "-.", "s"),
    Look("#44AA99", ":", "D"),
    Look("#AA4499", (0, (5, 1, 1, 1, 1, 1)), "v"),
    Look("#666666", (0, (1, 1)), "P"),
)


def optimizer_looks(optimizers: Iterable[str]) -> dict[str, Look]:
    """Look of each of these optimisers, the same in every figure; those of :data:`OPTIMIZERS` first."""
    given = set(optimizers)
    order = [*OPTIMIZERS, *sorted(given - set(OPTIMIZERS))]
    return {name: LOOKS[place % len(LOOKS)] for place, name in enumerate(order) if name in given}


@dataclass(frozen=True)
class Palette:
    """Names and colours of the networks of a study.

    Parameters
    ----------
    networks : tuple of str
        In the order of the legend.
    """

    networks: tuple[str, ...]

    @classmethod
    def of(cls, networks: Iterable[str]) -> Palette:
        """The paper's architectures first, in their own order, then the others in the order given."""
        given = list(dict.fromkeys(networks))
        known = [name for name in ARCHITECTURES if name in given]
        return cls((*known, *(name for name in given if name not in ARCHITECTURES)))

    def label(self, network: str) -> str:
        """Name in legends."""
        return ARCHITECTURES.get(network, (network,))[0]

    def colour(self, network: str) -> str:
        """Colour, the same in every figure."""
        if network in ARCHITECTURES:
            return ARCHITECTURES[network][1]
        others = [name for name in self.networks if name not in ARCHITECTURES]
        return SPARE_COLOURS[others.index(network) % len(SPARE_COLOURS)]


def use_style() -> None:
    """Set matplotlib up: one look, and files that are the same bytes at every run."""
    sns.set_theme(context="notebook", style="ticks", font_scale=0.8)
    # Figures that place their panels themselves have none for the layout engine, which says so and leaves them alone.
    warnings.filterwarnings("ignore", message="There are no gridspecs with layoutgrids")
    mpl.rcParams.update(
        {
            "figure.dpi": RESOLUTION,
            "savefig.dpi": RESOLUTION,
            "figure.constrained_layout.use": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "legend.frameon": False,
            "svg.hashsalt": "inpca",
            "pdf.fonttype": 42,
        }
    )


def save_figure(figure: Figure, folder: str | Path, name: str, alt: str) -> None:
    """Write ``name.pdf`` and ``name.png`` without dates, so that the same figure is the same file, and show the PNG.

    Parameters
    ----------
    figure : Figure
        It is closed, so that a notebook shows it once.
    folder : path
    name : str
    alt : str
        One sentence that says what the picture shows to those who do not see it. The PNG file carries it as its
        description, the output of a notebook as its alternative text.

    Raises
    ------
    ValueError
        If the alternative text is a word or a name of a file and no sentence.
    """
    if len(alt.split()) < FEWEST_WORDS:
        raise ValueError(f"alt of the figure {name} must be a sentence that says what it shows, not {alt!r}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / f"{name}.pdf", metadata={"CreationDate": None})
    figure.savefig(folder / f"{name}.png", metadata={"Software": None, "Description": alt})
    display(Image(folder / f"{name}.png", alt=alt), metadata={"image/png": {"file": str(folder / f"{name}.png")}})
    plt.close(figure)


def new_figure(columns: int = 1, rows: int = 1, *, width: float = 3.6, height: float = 3.2, **settings):
    """Figure and axes of a grid of panels; ``width`` and ``height`` of one panel in inches."""
    return plt.subplots(rows, columns, figsize=(width * columns, height * rows), **settings)
