"""The saved model: JSON, numbers as exact decimals, and a sha256 over all that precedes it. It never runs code."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from oddsmith import losses, penalties
from oddsmith.arrays import AnyArray, Array, check_matrix, check_vector
from oddsmith.atomic_file import write_atomically
from oddsmith.axes import Axes
from oddsmith.combinations import Combination
from oddsmith.errors import DataError, ModelFileError, SpecificationError, Status
from oddsmith.fitted import Fit
from oddsmith.judging.certificate import Certificate
from oddsmith.prediction import decide, linear_predictor, probabilities
from oddsmith.schema import Coding, Column, Kind, Missing, Schema, Unseen, choice
from oddsmith.sources import NewRows, is_frame, read_rows

FORMAT = "oddsmith-model"
VERSION = 1
HESSIAN_LIMIT = 500  # coefficients; above it the file leaves the Hessian out, and a summary has no standard errors
_SEAL = re.compile(rb',\n "sha256": "([0-9a-f]{64})"\n}\n\Z')


@dataclass(frozen=True)
class Model:
    """A fitted model that predicts, from NumPy alone.

    Attributes
    ----------
    fit : Fit
    """

    fit: Fit

    @property
    def schema(self) -> Schema:
        """What the columns of a table must be."""
        return self.fit.schema

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that X must have."""
        return self.schema.names

    @property
    def classes(self) -> AnyArray:
        """The labels, in the order of the probabilities."""
        return self.fit.classes

    def decision_function(self, X: Any, offset: Any = None) -> Array:
        """The linear predictor eta = b0 + X b + offset, in log-odds.

        Parameters
        ----------
        X : data frame, or array-like or sparse matrix of shape (n, p)
            A frame's columns are taken by name; those of an array by position, which needs a model without categories.
        offset : array-like of shape (n,), optional
            By default the column of a frame that was the offset when the model was fitted.

        Returns
        -------
        array of shape (n,)
            NaN for rows that the model's missing="drop" leaves out.

        Raises
        ------
        DataError
            If X has other columns than the model, a level that it has not seen, a NaN or an infinity, or if the model
            was fitted with an offset and there is none.
        """
        # a frame without names of its own is like the array that the model was fitted to
        numbered = self.columns == Schema.of_array(len(self.columns)).names and all(
            isinstance(name, int | np.integer) for name in getattr(X, "columns", [""])
        )
        if is_frame(X) and not numbered:
            rows = read_rows(X, self.schema, with_offset=offset is None)
            given = rows.offset if offset is None else check_vector(offset, len(rows.kept), "offset")[rows.kept]
            return self.eta(replace(rows, offset=given))
        if not self.schema.is_plain:
            raise DataError("The model has categories, or imputes", "an array", "Pass a data frame with named columns.")
        matrix = check_matrix(X)
        if matrix.shape[1] != len(self.columns):
            raise DataError(
                "X has other columns than the model",
                f"{matrix.shape[1]} for {len(self.columns)}",
                "Pass the same ones.",
            )
        return linear_predictor(self.fit, matrix, offset)

    def eta(self, rows: NewRows) -> Array:
        """The linear predictor of rows that were read for this model, NaN for those that were left out."""
        kept = linear_predictor(self.fit, rows.matrix, rows.offset)
        eta = np.full((len(rows.kept), *kept.shape[1:]), np.nan)
        eta[rows.kept] = kept
        return eta

    def predict_proba(self, X: Any, offset: Any = None) -> Array:
        """Probabilities of all classes, of shape (n, K)."""
        return probabilities(self.fit, self.decision_function(X, offset))

    def predict(self, X: Any, threshold: float | None = None, offset: Any = None) -> AnyArray:
        """Labels: the positive class where eta > 0 or, with a threshold t, where the probability is at least t.

        None for rows that are left out.
        """
        return decide(self.fit, self.decision_function(X, offset), threshold)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model file; see `save`."""
        save(self, path)

    def __repr__(self) -> str:
        target = f" of {self.schema.target}" if self.schema.target else ""
        of = str(self.classes[1]) if len(self.classes) == 2 else f"each of {len(self.classes)} classes"
        return f"<Model{target}: P({of}) from {len(self.columns)} columns; {self.fit!r}>"


def save(model: Model | Fit, path: str | os.PathLike[str]) -> None:
    """Write the model file of a Model or of a Fit.

    A reader finds the old file or the new one, whole, whenever the writer is killed.

    Raises
    ------
    DataError
        If the place cannot be written. An existing file is then left as it was.
    """
    model = Model(model) if isinstance(model, Fit) else model
    text = json.dumps(_to_document(model), indent=1, allow_nan=False, ensure_ascii=False)
    body = text.removesuffix("\n}").encode()
    write_atomically(path, body + b',\n "sha256": "' + hashlib.sha256(body).hexdigest().encode() + b'"\n}\n')


def load(path: str | os.PathLike[str]) -> Model:
    """Read a model file.

    Raises
    ------
    ModelFileError
        If the file is damaged, of another kind, or of a later format.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise DataError("The model file cannot be read", f"{path}: {error.strerror}", "Check the path.") from None
    seal = _SEAL.search(content)
    if seal is None:
        raise ModelFileError("This is not a whole model file", f"{path} does not end with its sha256", "Save it again.")
    body = content[: seal.start()]
    if hashlib.sha256(body).hexdigest().encode() != seal.group(1):
        raise ModelFileError("The model file is damaged", f"the sha256 of {path} does not agree", "Save it again.")
    try:
        return _from_document(json.loads(body + b"\n}"))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, ModelFileError):
            raise
        raise ModelFileError("This is not a model file", f"{path}: {error!r}", "Save it again.") from None


def is_model_file(path: str | os.PathLike[str]) -> bool:
    """Whether a file is sealed as model files are."""
    try:
        return _SEAL.search(Path(path).read_bytes()[-200:]) is not None
    except OSError:
        return False


def _to_document(model: Model) -> dict[str, Any]:
    fit, schema = model.fit, model.schema
    keep = fit.hessian is not None and len(fit.hessian) <= HESSIAN_LIMIT
    return {
        "format": FORMAT,
        "version": VERSION,
        "oddsmith": version("oddsmith"),
        "loss": fit.loss.name,
        "classes": [_label(c) for c in fit.classes],
        "schema": {
            "columns": [_column(column) for column in schema.columns],
            "target": schema.target,
            "offset": schema.offset,
            "missing": schema.missing,
            "unseen": schema.unseen,
            "coding": schema.coding,
            "na": list(schema.na),
        },
        "intercept": fit.intercept,
        "has_offset": fit.has_offset,
        "beta": [_numbers(row) for row in fit.beta],
        "penalty": {"name": fit.penalty.name, "standardized": fit.standardized, **_settings(fit.penalty)},
        "fit": {
            "status": fit.status.name,
            "solver": fit.solver,
            "passes": fit.passes,
            "value": _number(fit.value),
            "rows": fit.rows,
            "class_weights": list(fit.class_weights),
            "runaway": list(fit.runaway),
            "seconds": fit.seconds,
            "reweighted": fit.reweighted,
            "bias_reduction": fit.bias_reduction,
            "collinear": [[c.column, c.constant, [list(term) for term in c.terms]] for c in fit.combinations],
            "certificate": {k: _number(v) if isinstance(v, float) else v for k, v in vars(fit.certificate).items()},
        },
        "centre": _numbers(fit.axes.centre),
        "scale": [_number(v) for v in fit.axes.scale],
        "hessian": [_numbers(row[: k + 1]) for k, row in enumerate(fit.hessian)]
        if keep and fit.hessian is not None
        else None,
        "root": [_numbers(row) for row in fit.root] if keep and fit.root is not None else None,
    }


def _from_document(document: dict[str, Any]) -> Model:
    if document["format"] != FORMAT:
        raise ModelFileError("This is a file of another kind", f"format {document['format']!r}", "")
    if document["version"] != VERSION:
        raise ModelFileError(
            "The model file has another format version",
            f"{document['version']!r}, known: {VERSION}",
            "Update oddsmith.",
        )
    told, penalty = document["fit"], document["penalty"]
    schema = _schema(document["schema"])
    classes = np.array(document["classes"])
    beta = np.array(document["beta"], dtype=np.float64)
    loss = losses.CATALOGUE[document["loss"]].of(len(classes))
    shape = (len(loss.contrasts), 1 + len(schema.coefficients))
    if beta.shape != shape or not np.isfinite(beta).all() or len(told["class_weights"]) != len(classes):
        found = f"coefficients of shape {beta.shape} for {shape}"
        raise ModelFileError("The model file contradicts itself", found, "Save it again.")
    standardized = penalty.pop("standardized")
    centre = np.array(document["centre"], dtype=np.float64)
    scale = np.array([math.inf if v is None else v for v in document["scale"]], dtype=np.float64)
    axes = Axes(centre, scale, document["intercept"])
    penalised = penalties.CATALOGUE[penalty.pop("name")](**penalty)
    fit = Fit(
        schema=schema,
        classes=classes,
        beta=beta,
        hessian=_symmetric(document["hessian"]),
        axes=axes,
        certificate=_certificate(told["certificate"]),
        status=Status[told["status"]],
        trace=(),
        passes=told["passes"],
        value=math.nan if told["value"] is None else told["value"],
        penalty=penalised,
        standardized=standardized,
        has_offset=document["has_offset"],
        loss=loss if penalised.smooth else loss.of_scores(),
        solver=told["solver"],
        rows=told["rows"],
        class_weights=tuple(told["class_weights"]),
        runaway=tuple(told["runaway"]),
        seconds=told["seconds"],
        reweighted=told["reweighted"],
        bias_reduction=told.get("bias_reduction"),
        combinations=tuple(
            Combination(column, constant, tuple((k, coef) for k, coef in terms))
            for column, constant, terms in told.get("collinear", [])
        ),
        root=None if document.get("root") is None else np.array(document["root"], dtype=np.float64),
    )
    return Model(fit)


def _column(column: Column) -> dict[str, Any]:
    """A column, without what its kind has not."""
    told: dict[str, Any] = {"name": column.name, "kind": column.kind}
    if column.kind == "category":
        return told | {"levels": list(column.levels), "reference": column.reference}
    return told | {"fill": column.fill, "indicator": column.indicator}


def _schema(told: dict[str, Any]) -> Schema:
    columns = [Column(**{**column, "levels": tuple(column.get("levels", ()))}) for column in told["columns"]]
    for value, allowed in ((told["missing"], Missing), (told["unseen"], Unseen), (told["coding"], Coding)):
        choice("model file", value, allowed)
    for column in columns:
        choice("kind", column.kind, Kind)
    return Schema(**{**told, "columns": tuple(columns), "na": tuple(told["na"])})


def _certificate(told: dict[str, Any]) -> Certificate:
    numbers = {k: math.nan if told[k] is None else told[k] for k in ("suboptimality", "standard_errors", "violation")}
    return Certificate(kind=told["kind"], optimum_exists=told["optimum_exists"], **numbers)


def _settings(penalty: Any) -> dict[str, Any]:
    """The fields of a penalty, from which it can be made again."""
    values = {field.name: getattr(penalty, field.name) for field in fields(penalty)}
    return {name: _numbers(v) if isinstance(v, np.ndarray) else v for name, v in values.items()}


def _label(label: Any) -> Any:
    value = label.item() if isinstance(label, np.generic) else label
    if isinstance(value, bool | int | float | str):
        return value
    raise SpecificationError("A class label cannot be saved", f"{label!r}", "Use text, numbers or booleans as labels.")


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _numbers(values: Array | Sequence[float]) -> list[float]:
    return [float(v) for v in values]


def _symmetric(rows: list[list[float]] | None) -> Array | None:
    if rows is None:
        return None
    full = np.zeros((len(rows), len(rows)))
    for k, row in enumerate(rows):
        full[k, : k + 1] = full[: k + 1, k] = row
    return full
