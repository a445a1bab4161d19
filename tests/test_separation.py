"""separation(), against an exact check in integers, and by what it says."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import oddsmith
from oddsmith import SpecificationError, Verdict, as_source, separation
from tests.problems import SOAK

SHARES, EACH = 20, 500 if SOAK else 50


def leads(X, y, classes):
    """Of every row over every other class, in integers: of scores whose first class is 0, one class after another."""
    lines = []
    for row, own in zip(X, y, strict=True):
        for other in set(range(classes)) - {own}:
            line = np.zeros((classes, len(row)), dtype=int)
            line[own], line[other] = row, -row
            lines.append(line[1:].ravel())
    return np.array(lines)


def reduced(matrix):
    """Row echelon form in fractions, and the columns of its pivots."""
    rows, pivots = [[Fraction(int(v)) for v in row] for row in matrix], []
    for column in range(len(matrix[0]) if len(matrix) else 0):
        k = len(pivots)
        found = next((i for i in range(k, len(rows)) if rows[i][column]), None)
        if found is None:
            continue
        rows[k], rows[found] = rows[found], rows[k]
        rows[k] = [v / rows[k][column] for v in rows[k]]
        for i, row in enumerate(rows):
            if i != k and row[column]:
                rows[i] = [a - row[column] * b for a, b in zip(row, rows[k], strict=True)]
        pivots.append(column)
    return rows, pivots


def exactly(A):
    """Which leads are positive in some direction of the cone A d >= 0, by its extreme rays: all in integers.

    Directions that A does not see are left out by keeping independent columns. A ray is where as many leads are 0 as
    leave one direction: by Cramer's rule, the minors of each choice of so many.
    """
    A = np.unique(A, axis=0)
    A = A[:, reduced(A)[1]]
    size = A.shape[1]
    if size == 0:
        return A, np.zeros(len(A), dtype=bool)
    chosen = A[list(combinations(range(len(A)), size - 1))] if size > 1 else np.zeros((1, 0, 1), dtype=int)
    minors = [(-1) ** j * determinant(np.delete(chosen, j, axis=2)) for j in range(size)]
    rays = np.stack(minors, axis=1)
    along = rays @ A.T
    inside = np.vstack([along[(along >= 0).all(axis=1)], -along[(along <= 0).all(axis=1)]])
    return A, (inside > 0).any(axis=0)


def determinant(stack):
    """Of integer matrices, by their first rows."""
    size = stack.shape[1]
    if size == 0:
        return np.ones(len(stack), dtype=int)
    return sum((-1) ** j * stack[:, 0, j] * determinant(np.delete(stack[:, 1:], j, axis=2)) for j in range(size))


def problem(rng):
    """A small one, often separated, with or without more classes, intercept, weights and collinear columns."""
    classes = 3 if rng.random() < 0.2 else 2
    columns = 1 if classes == 3 else int(rng.integers(1, 4))
    rows = int(rng.integers(classes + 1, 8 if classes == 3 else 14))
    X = rng.integers(-rng.integers(1, 4), rng.integers(2, 5), (rows, columns))
    if columns > 1 and rng.random() < 0.2:
        X[:, -1] = X[:, 0] * rng.integers(-2, 3) + rng.integers(0, 2)
    score = X @ rng.integers(-2, 3, (columns, classes)) + rng.integers(-1, 2, classes)
    y = np.where(rng.random(rows) < 0.15, rng.integers(0, classes, rows), score.argmax(axis=1))
    y[:classes] = np.arange(classes)
    weight = None
    if rng.random() < 0.3:
        weight = rng.integers(0, 3, rows).astype(float)
        weight[:classes] = 1.0
    offset = 3.0 * rng.standard_normal(rows) if classes == 2 and rng.random() < 0.2 else None
    return X, y, weight, offset, bool(rng.random() < 0.7)


@pytest.mark.parametrize("share", range(SHARES))
def test_no_disagreement_with_an_exact_check(share):
    for seed in range(share * EACH, (share + 1) * EACH):
        X, y, weight, offset, intercept = problem(np.random.default_rng(seed))
        found = separation(X, y, weight, offset, intercept)
        counted = slice(None) if weight is None else weight > 0
        rows = np.column_stack([np.ones(len(X), dtype=int), X])[counted] if intercept else X[counted]
        whole = leads(rows, y[counted], len(set(y)))
        A, positive = exactly(whole)
        kind = "none" if not positive.any() else "complete" if positive.all() else "quasi-complete"
        assert found.kind == kind, f"seed {seed}: {found} instead of {kind}"
        if kind == "none":
            continue
        d = found.direction if len(found.direction) > 1 else np.vstack([0 * found.direction, found.direction])
        along = whole @ (d - d[0])[1:, 0 if intercept else 1 :].ravel()
        assert along.min() > -1e-9
        assert (along > 0.999).sum() + (np.abs(along) < 1e-9).sum() == len(along)
        if A.shape == np.unique(whole, axis=0).shape:  # every coefficient is unique: those not held run off
            held = [row for row in reduced(A[~positive])[0] if sum(map(bool, row)) == 1]
            free = {j % rows.shape[1] - intercept for j in range(A.shape[1]) if not any(row[j] for row in held)}
            assert set(found.columns) == free, f"seed {seed}: {found} instead of {free}"


def overlapping(rows=200, columns=3, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((rows, columns))
    return rng, X, (rng.random(rows) < 1 / (1 + np.exp(-X[:, 0]))).astype(int)


def test_a_level_of_a_category_is_named():
    rng, X, y = overlapping()
    ward = rng.choice(list("aaabbbcd"), 200)
    y[ward == "d"] = 1
    frame = pd.DataFrame({"age": X[:, 0], "ward": ward})
    found = separation(frame, y)
    assert (found.kind, found.names) == ("quasi-complete", ("ward=d",))
    assert found.columns == tuple(np.flatnonzero(found.direction[0, 1:]))
    assert found.direction[0, 1 + found.columns[0]] == pytest.approx(1.0)
    assert separation(oddsmith.read(frame.assign(y=y), target="y")).names == found.names
    assert separation(frame[["age"]], y).kind == "none"


@pytest.mark.parametrize("form", [np.asarray, np.float32, sp.csr_array, list])
def test_every_form_of_rows(form):
    _, X, y = overlapping()
    X = np.column_stack([np.round(X, 2), X[:, 1] > 1.5])
    y[X[:, 3] == 1] = 0
    given = form(X.tolist() if form is list else X)
    found = separation(given, y)
    assert (found.kind, found.columns, found.names) == ("quasi-complete", (3,), ("x3",))
    assert str(found) == "<Verdict: quasi-complete separation; without a finite estimate: x3>"


def test_a_column_twice_separates_nothing_and_both_run_off_where_one_does():
    _, X, y = overlapping()
    assert separation(np.column_stack([X, X[:, 0] - X[:, 1], np.full(200, 3.0)]), y) == Verdict("none")
    X[:, 2] = X[:, 2] > 1.5
    y[X[:, 2] == 1] = 0
    assert separation(np.column_stack([X, X[:, 2]]), y).columns == (2, 3)


def test_fewer_rows_than_columns():
    rng, X, y = overlapping(30, 60)
    found = separation(X, y)
    assert found.kind == "complete"
    assert ((2 * y - 1) * (X @ found.direction[0, 1:] + found.direction[0, 0])).min() > 0.999
    same = np.vstack([X, X[:2]]), np.append(y, 1 - y[:2])  # two rows twice, with both labels
    assert separation(*same).kind == "quasi-complete"
    assert separation(np.vstack([X, X]), np.append(y, 1 - y)).kind == "none"


def test_grouped_counts():
    """A line for each group and outcome: groups without any of an outcome have a line of weight 0."""
    dose, died, of = np.arange(5.0), np.array([0, 0, 3, 7, 7]), np.full(5, 7)
    X, y = np.tile(dose, 2)[:, None], np.repeat([1, 0], 5)
    assert separation(X, y, np.append(died, of - died)).kind == "quasi-complete"
    died[1] = 1
    assert separation(X, y, np.append(died, of - died)).kind == "none"


def test_a_row_that_alone_objects_is_found_among_many():
    rng = np.random.default_rng(1)
    X = rng.standard_normal((60_000, 4))
    eta = X @ [1.0, -2.0, 0.5, 0.0] + 0.3
    y = (eta > 0).astype(int)
    assert separation(X, y).kind == "complete"
    worst = int(eta.argmax())
    y[worst] = 0
    assert separation(X, y).kind == "none"


@pytest.mark.parametrize("program", [True, False])
def test_a_face_of_a_face(program, monkeypatch):
    """What is left of the rows when some are separated may be separated in turn: all of it is named."""
    if program:
        monkeypatch.setattr("oddsmith.judging.recession.Cone.guess", lambda *_: None)
    _, X, y = overlapping(400)
    X = np.column_stack([X, np.zeros((400, 3))])
    for k, (first, last, value) in enumerate([(0, 20, 1), (20, 60, 0), (60, 64, 1)]):
        X[first:last, 3 + k] = 1.0
        X[first:last:5, 3] = 1.0
        y[first:last] = value
    y[20:60:5] = 1
    found = separation(X, y)
    assert found.kind == "quasi-complete"
    assert set(found.columns) == {3, 4, 5}


def test_what_makes_no_sense_is_told():
    _, X, y = overlapping()
    with pytest.raises(SpecificationError, match="Labels are missing"):
        separation(X)
    with pytest.raises(SpecificationError, match="A Source has its own labels"):
        separation(as_source(X, y), y)
    with pytest.raises(SpecificationError, match="too many columns to decide: 4100"):
        separation(sp.eye_array(4100, format="csr"), np.arange(4100) % 2, fit_intercept=False)


@pytest.mark.slow
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("kind", [np.asarray, sp.csr_array])
def test_more_columns_than_a_matrix_allows_are_decided_by_the_rows(monkeypatch, classes, fit_intercept, kind):
    """With a limit that small problems reach, the verdicts are those that are reached without it."""
    seen = set()
    for seed in range(25):
        rng = np.random.default_rng(seed)
        X = rng.integers(-2, 3, (12, 3 + seed % 4)).astype(float)[rng.integers(0, 12, 12)]
        X = X @ rng.integers(-1, 2, (X.shape[1], 30))  # more columns than rows, and as few to tell apart
        y = np.r_[np.arange(classes), rng.integers(0, classes, 12 - classes)]
        weight = np.r_[np.ones(10), rng.integers(0, 2, 2)]
        expected = separation(kind(X), y, weight, fit_intercept=fit_intercept)
        monkeypatch.setattr(oddsmith.SketchedNewton, "dense_limit", 12 * (classes - 1))
        found = separation(kind(X), y, weight, fit_intercept=fit_intercept)
        monkeypatch.undo()
        assert (found.kind, found.columns) == (expected.kind, expected.columns)
        seen.add(found.kind)
        if found.direction is not None and classes == 2:
            scores = found.direction[0, 0] + X @ found.direction[0, 1:]
            lead = np.where(y == 1, scores, -scores)[weight > 0]
            assert lead.min() >= -1e-9
            assert lead.max() >= 1.0 - 1e-9
    assert len(seen) > 1


def test_a_thousand_columns_for_every_row():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((40, 9000)), rng.integers(0, 2, 40)
    assert separation(X, y).kind == "complete"
    X[20:], y = X[:20], np.r_[y[:20], 1 - y[:20]]  # every row in both classes
    assert separation(X, y).kind == "none"
    with pytest.raises(SpecificationError, match="too many columns"):
        separation(sp.random_array((5000, 5000), density=1e-3, rng=rng, format="csr"), rng.integers(0, 2, 5000))
