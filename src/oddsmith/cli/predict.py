"""`oddsmith predict`: the class and the probability of every row of a file."""

from __future__ import annotations

from typing import Any

import click

from oddsmith.cli.options import (
    data_argument,
    delimiter_option,
    json_option,
    missing_option,
    model_argument,
    opened,
    unseen_option,
)
from oddsmith.cli.output import check_place, print_json
from oddsmith.cli.progress import reading, stage
from oddsmith.errors import SpecificationError


@click.command("predict", short_help="Predict every row of DATA.")
@model_argument
@data_argument
@click.option("--out", type=click.Path(), metavar="FILE", help="Write a CSV here rather than to the terminal.")
@click.option("--threshold", type=float, metavar="T", help="Positive where the probability is at least T [0.5].")
@missing_option
@unseen_option
@delimiter_option
@json_option
def command(
    model: str, data: str, out: str | None, threshold: float | None, missing: Any, unseen: Any,
    delimiter: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Predict every row of DATA (- is standard input): its class, and the probability of the positive class.

    One line for each row, in order; empty for a row that is left out because of missing values.
    """
    import numpy as np

    from oddsmith import load
    from oddsmith.atomic_file import write_atomically
    from oddsmith.model_file import is_model_file
    from oddsmith.prediction import decide, probabilities
    from oddsmith.sources import as_csv, read_rows

    check_place(out, model, data)
    if out is not None and is_model_file(out):
        advice = "Choose another place, or remove that file first."
        raise SpecificationError("--out would write predictions over a model", out, advice)
    loaded = load(model)
    with reading(data):
        rows = read_rows(opened(data), loaded.schema, missing=missing, unseen=unseen, delimiter=delimiter)
    eta = loaded.eta(rows)
    probability, prediction = probabilities(loaded.fit, eta)[:, 1], decide(loaded.fit, eta, threshold)
    if out is not None:
        with stage(f"writing {out}"):
            write_atomically(out, as_csv(prediction=prediction, probability=probability))
    if as_json:
        found = {"prediction": prediction.tolist(), "probability": [float(v) if v == v else None for v in probability]}  # noqa: PLR0124
        print_json({"model_file": model, "positive": np.array(loaded.classes[1]).item(), "rows": len(eta), **found})
    elif out is None:
        click.echo(as_csv(prediction=prediction, probability=probability), nl=False)
    else:
        positive = int((prediction == loaded.classes[1]).sum())
        left_out = len(eta) - int(rows.kept.sum())
        empty = f"; {left_out} rows with missing values are empty" if left_out else ""
        click.echo(f"{len(eta)} predictions in {out}, {positive} of them {loaded.classes[1]!s}{empty}")
