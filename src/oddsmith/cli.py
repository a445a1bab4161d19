"""The command `oddsmith`. Each command is a dozen lines of public calls; only here is anything printed.

Exit codes: 0 done, 1 failed, 2 usage, 3 data invalid, 4 fitted but not trustworthy under --strict, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from oddsmith.errors import DataError, OddsmithError, OddsmithWarning, SpecificationError

if TYPE_CHECKING:
    from oddsmith.arrays import Array
    from oddsmith.fitting import Fit
    from oddsmith.model_file import Model
    from oddsmith.report import ScoreCard

FAILED, USAGE, DATA, UNTRUSTWORTHY, INTERRUPTED = 1, 2, 3, 4, 130

delimiter_option = click.option("--delimiter", metavar="CHAR", help="Of a CSV; a comma by default, a tab for .tsv.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
model_argument = click.argument("model", type=click.Path())
data_argument = click.argument("data", type=click.Path())


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="oddsmith", message="oddsmith %(version)s")
def cli() -> None:
    """Logistic regression, done once and done right."""


@cli.command("fit")
@data_argument
@click.option("--target", required=True, metavar="COL", help="The column to predict.")
@click.option("--positive", metavar="LABEL", help="The class whose probability is modelled [the larger label].")
@click.option("--penalty", type=click.Choice(["none", "ridge"]), default="none", show_default=True)
@click.option("--alpha", type=float, metavar="A", help="Strength of the penalty, on the mean loss.")
@click.option(
    "--standardize/--no-standardize",
    default=True,
    show_default=True,
    help="Whether the penalty acts on columns divided by their standard deviations.",
)
@click.option("--intercept/--no-intercept", default=True, show_default=True, help="Whether there is a free intercept.")
@click.option("--weight", metavar="COL", help="A column of frequency weights.")
@click.option("--offset", metavar="COL", help="A column of offsets, in log-odds.")
@click.option("--test-size", type=float, metavar="FRACTION", help="Hold out a stratified part and score on it.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the split.")
@click.option("--tol", type=float, help="Stop at this relative suboptimality [full precision].")
@click.option("--max-passes", type=int, metavar="N", help="Limit of passes over the data.")
@click.option("--level", type=float, default=0.95, show_default=True, help="Of the intervals.")
@click.option("--out", type=click.Path(), metavar="MODEL", help="Write the model to this file.")
@click.option("--strict", is_flag=True, help=f"Exit with {UNTRUSTWORTHY} if the fit is not trustworthy.")
@delimiter_option
@json_option
def fit_command(
    data: str, target: str, positive: str | None, penalty: str, alpha: float | None, standardize: bool,
    intercept: bool, weight: str | None, offset: str | None, test_size: float | None, seed: int, tol: float | None,
    max_passes: int | None, level: float, out: str | None, strict: bool, delimiter: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Fit a model of the column TARGET of the file DATA (CSV or Parquet)."""
    from oddsmith import L2, NoPenalty, fit, read, summarise
    from oddsmith.model_file import Model
    from oddsmith.scores import split_rows

    if (penalty == "none") != (alpha is None):
        advice = "Give --alpha with --penalty ridge, and only then."
        raise SpecificationError("--penalty and --alpha disagree", f"--penalty {penalty}, --alpha {alpha}", advice)
    _check_place(out, data)
    whole = read(data, target=target, positive=positive, weight=weight, offset=offset, delimiter=delimiter)
    train, test, label = whole, whole, "the training data, which flatters"
    origin = f"{whole.rows} rows and {len(whole.columns)} columns beside {target!r} from {data}"
    origin += f"; weights from {weight!r}" if weight is not None else ""
    origin += f"; offset from {offset!r}" if offset is not None else ""
    if test_size is not None:
        fitted_rows, held_out = split_rows(whole.target, test_size, seed)
        train, test, label = whole.take(fitted_rows), whole.take(held_out), "held-out data"
        origin += f"; {test.rows} rows held out"
    result = fit(
        train, penalty=NoPenalty() if alpha is None else L2(alpha), tol=tol, max_passes=max_passes,
        intercept=intercept, standardize=standardize,
    )  # fmt: skip
    card = _card(result, test.eta(result.beta[0]), test.target, test.weight, label)
    summary = summarise(result, origin=origin, target=target, level=level, scores=card)
    if out is not None:
        Model.of(result, target=target, offset=offset).save(out)
    if as_json:
        _print_json(summary.to_dict() | {"model_file": out})
    else:
        click.echo(summary)
        if out is not None:
            click.echo(f"\nThe model is in {out}")
    if strict and not result.status.trustworthy:
        sys.exit(UNTRUSTWORTHY)


@cli.command("predict")
@model_argument
@data_argument
@click.option("--out", type=click.Path(), metavar="FILE", help="Write a CSV here rather than to the terminal.")
@click.option("--threshold", type=float, metavar="T", help="Positive where the probability is at least T [0.5].")
@delimiter_option
@json_option
def predict_command(
    model: str, data: str, out: str | None, threshold: float | None, delimiter: str | None, as_json: bool
) -> None:
    """Predict every row of DATA: its class, and the probability of the positive class."""
    import numpy as np

    from oddsmith import load
    from oddsmith.model_file import is_model_file, write_atomically
    from oddsmith.prediction import decide, probabilities
    from oddsmith.sources import as_csv, read_rows

    _check_place(out, model, data)
    if out is not None and is_model_file(out):
        advice = "Choose another place, or remove that file first."
        raise SpecificationError("--out would write predictions over a model", out, advice)
    loaded = load(model)
    rows = read_rows(data, loaded.schema, delimiter=delimiter)
    eta = loaded.decision_function(rows.matrix, rows.offset)
    probability, prediction = probabilities(loaded.fit, eta)[:, 1], decide(loaded.fit, eta, threshold)
    if out is not None:
        write_atomically(out, as_csv(prediction=prediction, probability=probability))
    if as_json:
        found = {"prediction": prediction.tolist(), "probability": probability.tolist()}
        _print_json({"model_file": model, "positive": np.array(loaded.classes[1]).item(), "rows": len(eta), **found})
    elif out is None:
        click.echo(as_csv(prediction=prediction, probability=probability), nl=False)
    else:
        positive = int((prediction == loaded.classes[1]).sum())
        click.echo(f"{len(eta)} predictions in {out}, {positive} of them {loaded.classes[1]!s}")


@cli.command("evaluate")
@model_argument
@data_argument
@click.option("--weight", metavar="COL", help="A column of frequency weights.")
@click.option("--threshold", type=float, default=0.5, show_default=True, metavar="T")
@delimiter_option
@json_option
def evaluate_command(
    model: str, data: str, weight: str | None, threshold: float, delimiter: str | None, as_json: bool
) -> None:
    """Score a model on the rows of DATA, beside always answering with the base rate."""
    from oddsmith import load
    from oddsmith.report import evaluation_text
    from oddsmith.sources import read_rows

    loaded = load(model)
    rows = read_rows(data, loaded.schema, with_target=True, weight=weight, delimiter=delimiter)
    assert rows.target is not None
    eta = loaded.decision_function(rows.matrix, rows.offset)
    card = _card(loaded.fit, eta, rows.target, rows.weight, data, threshold)
    if as_json:
        _print_json(card.to_dict() | {"model_file": model})
    else:
        click.echo(f"{_title(loaded)}\n\n{evaluation_text(card)}")


@cli.command("summary")
@model_argument
@click.option("--level", type=float, default=0.95, show_default=True, help="Of the intervals.")
@json_option
def summary_command(model: str, level: float, as_json: bool) -> None:
    """Tell what is in a model file."""
    from oddsmith import load, summarise

    loaded = load(model)
    summary = summarise(loaded.fit, target=loaded.schema.target, level=level)
    if as_json:
        _print_json(summary.to_dict() | {"model_file": model})
    else:
        click.echo(summary)


@cli.command("demo")
@click.option("--dir", "folder", type=click.Path(), default="oddsmith-demo", show_default=True, help="Where to work.")
def demo_command(folder: str) -> None:
    """Fit, predict and evaluate the Breast Cancer data, showing what to type."""
    from oddsmith.demo import COMMANDS, DATA, write_data

    write_data(Path(folder))
    click.echo(f"Breast Cancer Wisconsin (569 rows, 30 columns) is in {Path(folder) / DATA}")
    with contextlib.chdir(folder):
        for command in COMMANDS:
            click.secho(f"\n$ oddsmith {' '.join(command)}\n", bold=True)
            cli.main(list(command), standalone_mode=False)
    click.echo(
        "\nThese last scores include the rows that were fitted; those on held-out data above are the honest ones."
    )


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command line, and exit. Whatever goes wrong is one message and an exit code, never a traceback."""
    warnings.showwarning = _show_warning
    warnings.simplefilter("always", OddsmithWarning)
    interrupts: list[int] = []

    def interrupt(number: int, _: object) -> NoReturn:
        interrupts.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        cli.main(None if arguments is None else list(arguments), prog_name="oddsmith", standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(USAGE)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at exit
        sys.exit(FAILED)
    except (KeyboardInterrupt, click.Abort):
        _fail("interrupted", INTERRUPTED)
    except Exception as error:
        if interrupts:  # it came while an extension was loading, which made another error of it
            _fail("interrupted", INTERRUPTED)
        _explain(error)
    finally:
        signal.signal(signal.SIGINT, before)
    sys.exit(0)


def _explain(error: Exception) -> NoReturn:
    """The message and the exit code of what went wrong."""
    if isinstance(error, SpecificationError):
        _fail(str(error), USAGE)
    if isinstance(error, DataError):
        _fail(str(error), DATA)
    if isinstance(error, OddsmithError | OSError | MemoryError):
        _fail(str(error) or type(error).__name__, FAILED)
    if os.environ.get("ODDSMITH_DEBUG"):
        raise error
    advice = "This is a defect of oddsmith: please report it, with what ODDSMITH_DEBUG=1 prints."
    _fail(f"unexpected {type(error).__name__}: {error}. {advice}", FAILED)


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"oddsmith: {message}", err=True)
    sys.exit(code)


def _show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    click.echo(f"oddsmith: warning: {message}", err=True)


def _check_place(path: str | None, *inputs: str) -> None:
    """Refuse an output that cannot be, or that is an input, before the work is done and not after."""
    if path is None:
        return
    if Path(path).is_dir():
        raise DataError("The output cannot be written", f"{path} is a folder", "Choose another place.")
    if not Path(path).parent.is_dir():
        raise DataError("The output cannot be written", f"there is no folder for {path}", "Choose another place.")
    for source in inputs:
        if Path(path).exists() and Path(source).exists() and os.path.samefile(path, source):
            raise SpecificationError("--out would write over an input", path, "Choose another place.")


def _print_json(document: dict[str, Any]) -> None:
    click.echo(json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False))


def _card(fit: Fit, eta: Array, target: Array, weight: Array | None, label: str, threshold: float = 0.5) -> ScoreCard:
    import numpy as np

    from oddsmith.prediction import probabilities
    from oddsmith.report import ScoreCard
    from oddsmith.scores import score

    base_rate = np.full(len(eta), fit.class_weights[1] / fit.weight)
    return ScoreCard(
        f"{label} ({len(eta)} rows)",
        (str(fit.classes[0]), str(fit.classes[1])),
        score(target, probabilities(fit, eta)[:, 1], weight=weight, threshold=threshold),
        score(target, base_rate, weight=weight, threshold=threshold),
    )


def _title(model: Model) -> str:
    return f"Logistic regression of {model.schema.target}: probability of {str(model.classes[1])!r}"
