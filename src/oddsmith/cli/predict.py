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
    found, prediction = probabilities(loaded.fit, eta), decide(loaded.fit, eta, threshold)
    binary = len(loaded.classes) == 2
    columns = {"prediction": prediction} | (
        {"probability": found[:, 1]}
        if binary
        else {f"probability {label!s}": found[:, k] for k, label in enumerate(loaded.classes)}
    )
    if out is not None:
        with stage(f"writing {out}"):
            write_atomically(out, as_csv(**columns))
    if as_json:
        given = found[:, 1] if binary else found
        known = given.astype(object)
        known[np.isnan(given)] = None
        of = {"positive": np.array(loaded.classes[1]).item()} if binary else {"classes": loaded.classes.tolist()}
        told = {"prediction": prediction.tolist(), "probability": known.tolist()}
        print_json({"model_file": model, **of, "rows": len(eta), **told})
    elif out is None:
        click.echo(as_csv(**columns), nl=False)
    else:
        counts = [f"{int((prediction == label).sum())} of them {label!s}" for label in loaded.classes[int(binary) :]]
        left_out = len(eta) - int(rows.kept.sum())
        empty = f"; {left_out} rows with missing values are empty" if left_out else ""
        click.echo(f"{len(eta)} predictions in {out}, {', '.join(counts)}{empty}")
