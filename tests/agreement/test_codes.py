"""Codes against one-hot columns: every number of a fit, from any face."""

import numpy as np
import pandas as pd
import pytest

from oddsmith import L2, LogisticRegression, Model, as_source, fit, infer, read
from oddsmith.design import Codes
from oddsmith.sources import read_rows

ROWS = 1500


def table(classes=2):
    """Columns of numbers and of categories in turn, with gaps, weights and an offset."""
    rng = np.random.default_rng(11)
    frame = pd.DataFrame(
        {
            "town": rng.choice([f"t{k:02d}" for k in range(30)], ROWS),
            "age": rng.normal(50, 9, ROWS),
            "job": rng.choice(["cook", "clerk", "smith", "weaver"], ROWS, p=[0.5, 0.3, 0.15, 0.05]),
            "pay": np.exp(rng.normal(8, 1, ROWS)),
            "w": rng.integers(1, 4, ROWS).astype(float),
            "o": rng.normal(0, 0.3, ROWS),
        }
    )
    eta = 0.05 * (frame["age"] - 50) + (frame["job"] == "smith") + (frame["town"] < "t10") + frame["o"]
    score = eta.to_numpy()[:, None] * np.arange(classes) / (classes - 1) - rng.exponential(1, (ROWS, classes))
    frame["y"] = np.array(["no", "so", "yes"])[[0, 2] if classes == 2 else [0, 1, 2]][score.argmax(axis=1)]
    frame.loc[rng.random(ROWS) < 0.1, "age"] = np.nan
    frame.loc[rng.random(ROWS) < 0.1, "job"] = None
    return frame


def one_hot(frame, names):
    """The columns by these names, made by hand."""
    there = frame["age"].notna()
    mean = np.average(frame["age"][there], weights=frame["w"][there])
    known = {"age": frame["age"].fillna(mean), "age is missing": frame["age"].isna(), "pay": frame["pay"]}
    for column in ("town", "job"):
        text = frame[column].fillna("(missing)")
        known |= {f"{column}={level}": text == level for level in text.unique()}
    return np.column_stack([known[name].to_numpy(dtype=float) for name in names])


FRAME = table()


@pytest.mark.parametrize("penalty", [None, L2(0.01)])
@pytest.mark.parametrize("tol", [None, 1e-8])
def test_a_fit_on_codes_is_the_fit_on_one_hot_columns(both_kernels, penalty, tol):
    source = read(FRAME, target="y", weight="w", offset="o", missing="impute")
    coded = fit(source, penalty=penalty, tol=tol)
    design = next(source.coded(coded.schema.coding).blocks()).design
    assert isinstance(design, Codes)
    assert (design.array.shape[1], len(design.codes)) == (3, 2)
    matrix = one_hot(FRAME, coded.names)
    by_hand = fit(
        as_source(matrix, FRAME["y"], sample_weight=FRAME["w"], offset=FRAME["o"], names=coded.names),
        penalty=penalty,
        tol=tol,
    )
    assert (coded.status, coded.certificate.kind) == (by_hand.status, by_hand.certificate.kind)
    close = 1e-10 if tol is None else 1e-4
    np.testing.assert_allclose(coded.beta, by_hand.beta, rtol=close, atol=close)
    assert coded.value == pytest.approx(by_hand.value, rel=1e-12 if tol is None else 1e-8)
    np.testing.assert_allclose(infer(coded).se, infer(by_hand).se, rtol=close)


@pytest.mark.parametrize("penalty", [None, L2(0.01)])
def test_softmax_on_codes_too(penalty):
    frame = table(3)
    source = read(frame, target="y", weight="w", drop=["o"], missing="impute")
    coded = fit(source, penalty=penalty)
    by_hand = fit(
        as_source(one_hot(frame, coded.names), frame["y"], sample_weight=frame["w"], names=coded.names),
        penalty=penalty,
    )
    np.testing.assert_allclose(coded.beta, by_hand.beta, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(infer(coded).se, infer(by_hand).se, rtol=1e-9)


def test_any_number_of_threads_gives_the_same_bits():
    source = read(pd.concat([FRAME] * 20), target="y", weight="w", offset="o", missing="impute")
    seen = {fit(source, penalty=L2(1e-3), threads=threads).beta.tobytes() for threads in (1, 2, 3, 7)}
    assert len(seen) == 1


def test_a_level_that_is_new_counts_as_the_reference():
    whole = FRAME.dropna()
    model = Model(fit(read(whole, target="y", weight="w", offset="o", unseen="reference")))
    new = whole.head(40).assign(town="nowhere")
    reference = next(c.reference for c in model.schema.columns if c.name == "town")
    rows = read_rows(new, model.schema)
    assert isinstance(rows.matrix, Codes)
    np.testing.assert_array_equal(model.eta(rows), model.decision_function(new.assign(town=reference)))


def test_a_row_alone_is_predicted_as_among_others():
    whole = FRAME.dropna().drop(columns=["w", "o"])
    model = LogisticRegression(categories="auto").fit(whole.drop(columns="y"), whole["y"])
    some = whole.drop(columns="y").head(30)
    alone = np.concatenate([model.decision_function(some.iloc[[k]]) for k in range(len(some))])
    np.testing.assert_array_equal(alone, model.decision_function(some))


def test_thousands_of_levels_take_few_passes():
    rows, rng = 100_000, np.random.default_rng(3)
    levels = {"a": 50, "b": 500, "c": 5000}
    frame = pd.DataFrame(rng.normal([0, 5, 1, 1000], [1, 10, 0.1, 100], (rows, 4)), columns=list("wxyz"))
    eta = 0.5 * frame["w"] - 0.04 * frame["x"] - 1
    for name, count in levels.items():
        code = np.minimum(count - 1, (count * rng.random(rows) ** 2)).astype(int)
        frame[name] = pd.Categorical.from_codes(code, [f"{name}{k}" for k in range(count)])
        eta += rng.normal(0, 0.6, count)[code]
    frame["t"] = rng.random(rows) < 1 / (1 + np.exp(-eta))
    source = read(frame, target="t").coded("full")
    found = fit(source, penalty=L2(1e-4), tol=1e-9)
    best = fit(source, penalty=L2(1e-4), tol=1e-13)
    assert found.passes <= 25
    assert found.value - best.value <= 1e-9 * best.value
