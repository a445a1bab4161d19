"""The demonstration: real data, and what a user would type."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from oddsmith.atomic_file import write_atomically
from oddsmith.errors import DataError

DATA = "breast_cancer.csv"
COMMANDS = tuple(
    line.split()
    for line in (
        f"fit {DATA} --target diagnosis --positive malignant --penalty ridge --alpha 0.001 --test-size 0.2 --seed 0 "
        "--out model.json",
        f"predict model.json {DATA} --out predictions.csv",
        f"evaluate model.json {DATA}",
    )
)


def write_data(folder: Path) -> None:
    """Write scikit-learn's bundled Breast Cancer Wisconsin data as a CSV."""
    from sklearn.datasets import load_breast_cancer

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError("The folder cannot be made", f"{folder}: {error.strerror}", "Choose another place.") from None
    bunch = load_breast_cancer()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*bunch.feature_names, "diagnosis"])
    for row, label in zip(bunch.data, bunch.target, strict=True):
        writer.writerow([*map(float, row), bunch.target_names[label]])
    write_atomically(folder / DATA, text.getvalue().encode())
