"""`oddsmith fit`: a model of one column of a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from oddsmith.cli.exits import UNTRUSTWORTHY
from oddsmith.cli.options import (
    against_option,
    data_argument,
    json_option,
    level_option,
    opened,
    penalty_of,
    penalty_options,
    table_arguments,
    table_options,
)
from oddsmith.cli.output import check_place, print_json, score_card, tuning_json, tuning_text
from oddsmith.cli.progress import reading, stage

if TYPE_CHECKING:
    from oddsmith.collinear import Collinear
    from oddsmith.schema import Coding


@click.command("fit", short_help="Fit a model of one column of DATA.")
@data_argument
@click.option("--target", required=True, metavar="COL", help="The column to predict.")
@table_options
@penalty_options
@click.option(
    "--bias-reduction",
    type=click.Choice(["firth"]),
    help="Firth's penalised likelihood: finite for separated classes, less biased in few rows.",
)
@click.option(
    "--collinear",
    type=click.Choice(["drop", "min-norm", "error"]),
    default="drop",
    show_default=True,
    help="Without a penalty: drop columns that are linear combinations of earlier ones, give the coefficients of the "
    "smallest norm, or refuse.",
)
@click.option("--intercept/--no-intercept", default=True, show_default=True, help="Whether there is a free intercept.")
@click.option("--test-size", type=float, metavar="FRACTION", help="Hold out a stratified part and score on it.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the split, and of the folds.")
@click.option(
    "--tol", type=float, help="Stop at this relative suboptimality [full precision; in the search of --cv 1e-7]."
)
@click.option("--max-passes", type=int, metavar="N", help="Limit of passes over the data.")
@level_option
@against_option
@click.option("--out", type=click.Path(), metavar="MODEL", help="Write the model to this file.")
@click.option("--strict", is_flag=True, help=f"Exit with {UNTRUSTWORTHY} if the fit is not trustworthy.")
@json_option
def command(
    data: str, target: str, penalty: str, alpha: float | None, cv: int | None, one_se: bool,
    alpha_min_ratio: float | None, l1_ratio: tuple[float, ...], standardize: bool,
    bias_reduction: str | None, collinear: Collinear, intercept: bool,
    test_size: float | None, seed: int, tol: float | None, max_passes: int | None, level: float, against: str | None,
    out: str | None, strict: bool, as_json: bool, **table: Any,
) -> None:  # fmt: skip
    """Fit a model of the column TARGET of the file DATA (CSV or Parquet; - is standard input)."""
    from oddsmith import cross_validate_path, fit, read, save, summarise
    from oddsmith.scores import split_rows

    chosen = penalty_of(penalty, alpha, cv, l1_ratio, one_se, alpha_min_ratio)
    check_place(out, data)
    with reading(data):
        source = read(opened(data), target=target, **table_arguments(table))
        coding: Coding = "reference" if chosen is None else "full"
        if test_size is None:
            train = test = source.coded(coding)
            label = "the training data, which flatters"
        else:  # the rows held out have no part in levels, references and means
            parts = source.split(*split_rows(source.target, test_size, seed))
            train, test = (part.coded(coding) for part in parts)
            label = "held-out data"
    origin = f"{source.rows} rows and {len(train.schema.names)} columns beside {target!r} from {data}"
    origin += f"; {source.dropped} rows with missing values dropped" if source.dropped else ""
    origin += f"; weights from {table['weight']!r}" if table["weight"] is not None else ""
    origin += f"; offset from {table['offset']!r}" if table["offset"] is not None else ""
    origin += f"; {test.rows} rows held out" if test is not train else ""
    settings: dict[str, Any] = {"max_passes": max_passes, "intercept": intercept, "standardize": standardize}
    tuned = start = None
    if cv is not None:
        search = settings if tol is None else settings | {"tol": tol}
        with stage("cross-validating"):
            tuned = cross_validate_path(
                train, chosen, folds=cv, l1_ratios=l1_ratio or None, alpha_min_ratio=alpha_min_ratio, seed=seed,
                **search,
            )  # fmt: skip
            best = (tuned.best_1se if one_se else tuned.best).fit
            chosen, start = best.penalty, best.beta  # few passes must not make another model than the one chosen
    with stage("fitting"):
        result = fit(
            train, penalty=chosen, tol=tol, bias_reduction=bias_reduction, collinear=collinear, start=start, **settings
        )  # fmt: skip
    with stage("scoring"):
        card = score_card(result, test.eta(result.beta), test.target, test.weight, label)
    summary = summarise(result, origin=origin, target=target, level=level, scores=card, reference=against)
    if out is not None:
        save(result, out)
    if as_json:
        print_json(summary.to_dict() | {"model_file": out} | ({} if tuned is None else tuning_json(tuned)))
    else:
        if tuned is not None:
            click.echo(tuning_text(tuned, result) + "\n")
        click.echo(summary)
        if out is not None:
            click.echo(f"\nThe model is in {out}")
    if strict and not result.status.trustworthy:
        sys.exit(UNTRUSTWORTHY)
