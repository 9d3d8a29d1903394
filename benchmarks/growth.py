"""Figure of how the time of distances and embeddings grows with each size."""

from pathlib import Path

import numpy as np

from paper.figures.style import new_figure, use_style


def draw(results: dict, path: Path) -> None:
    """Time against each size, on logarithmic scales."""
    use_style()
    figure, panels = new_figure(4, width=3, height=2.8)
    labels = dict(m="models", n_samples="samples", n_classes="classes", axes="axes")
    for axes, (name, series) in zip(panels, results["growth"].items(), strict=True):
        value, seconds = np.array(series).T
        axes.loglog(value, seconds, "o-", color="#0072B2", label="measured")
        power = 2 if name == "m" else 1
        law = f"∝ {labels[name]}{'²' * (power == 2)}"
        axes.loglog(value, seconds[0] * (value / value[0]) ** power, "--", color="0.6", label=law)
        axes.set(xlabel=labels[name], ylabel="seconds")
        axes.set_xticks(value, [f"{v:g}" for v in value])
        axes.set_yticks(seconds[[0, -1]], [f"{s:.2g}" for s in seconds[[0, -1]]])
        axes.minorticks_off()
        axes.legend(fontsize=8)
    figure.savefig(path)
