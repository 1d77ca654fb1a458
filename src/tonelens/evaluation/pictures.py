"""The confusion matrix as a picture: shade = share of the row, number = clips."""

from __future__ import annotations

import textwrap
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Sheet

from tonelens.evaluation.confusion import ClassScores
from tonelens.storage import written_aside

CELL_INCHES = 0.72
MARGIN_INCHES = 1.6
DOTS_PER_INCH = 150
PALE = 0.55
"""Cells darker than this share carry white text."""


def draw_confusion(path: Path, scores: ClassScores, *, title: str) -> None:
    """Write the matrix of `scores` as a PNG; a class without references has a column and no row."""
    counts = np.array(scores.confusion)
    rows = counts.sum(axis=1) > 0
    columns = np.append(np.ones(len(scores.labels), dtype=bool), counts[:, -1].any())
    shown = counts[rows][:, columns]
    shares = shown / shown.sum(axis=1, keepdims=True)
    row_names = [label for label, present in zip(scores.labels, rows, strict=True) if present]
    column_names = [
        name for name, present in zip((*scores.labels, "(not parsed)"), columns, strict=True) if present
    ]

    size = (MARGIN_INCHES + CELL_INCHES * shown.shape[1], MARGIN_INCHES + CELL_INCHES * shown.shape[0])
    sheet = Sheet(figsize=size, layout="constrained")
    FigureCanvasAgg(sheet)
    axes = sheet.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    axes.set_xticks(range(len(column_names)), column_names, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(row_names)), row_names)
    axes.set_xlabel("answer (clips, and % of the reference class)")
    axes.set_ylabel("reference")
    axes.set_title(textwrap.fill(title, 70), fontsize=11)
    for row, column in np.ndindex(*shown.shape):
        if shown[row, column]:
            text = f"{shown[row, column]}\n{100 * shares[row, column]:.0f} %"
            colour = "white" if shares[row, column] > PALE else "black"
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=8.5)
    with written_aside(path) as aside:
        sheet.savefig(aside, dpi=DOTS_PER_INCH, bbox_inches="tight")
