import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from oddsmith import DataError, as_source

RNG = np.random.default_rng(0)
X, y = RNG.standard_normal((50, 3)), np.arange(50) % 2


def design(source):
    return next(source.blocks()).design


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_that_can_be_used_are_not_copied(order, dtype):
    array = np.asarray(X, dtype=dtype, order=order)
    array.flags.writeable = False
    assert np.shares_memory(design(as_source(array, y)).array, array)


@pytest.mark.parametrize(
    "awkward",
    [
        X.astype(int).tolist(),
        X.astype(">f8"),
        X.astype(np.int8),
        X > 0,
        np.repeat(X, 2, axis=0)[::2],
        X[::-1],
        np.tile(X, 2)[:, ::2],
        np.broadcast_to(X[:1], X.shape),
        X.astype(object),
        X.astype(np.float16),
    ],
)
def test_others_are_converted_and_say_the_same(awkward):
    source = as_source(awkward, y)
    assert design(source).array.dtype in (np.float32, np.float64)
    np.testing.assert_array_equal(design(source).array, np.asarray(awkward, dtype=float))


def test_names():
    assert as_source(X, y).columns == ("x0", "x1", "x2")
    assert as_source(X, y, names=["a", "b", "c"]).columns == ("a", "b", "c")
    assert as_source(pd.DataFrame(X, columns=["a", "b", "c"]), y).columns == ("a", "b", "c")


def test_rare_positives_are_all_in_the_sample_and_weigh_what_they_should():
    n = 100_000
    label = np.zeros(n)
    label[[10, 500, 70_000]] = 1
    sample = as_source(np.arange(n)[:, None].astype(float), label).sample(2000, seed=0)
    assert sample.class_weights() == (pytest.approx(n - 3), 3.0)
    np.testing.assert_array_equal(np.sort(design(sample).array[sample.target == 1, 0]), [10, 500, 70_000])


def test_a_sample_is_spread_over_all_rows_and_follows_the_weights():
    n = 50_000
    weight = np.where(np.arange(n) < n // 2, 9.0, 1.0)
    source = as_source(np.arange(n)[:, None].astype(float), np.arange(n) % 2, sample_weight=weight)
    rows = design(source.sample(5000, seed=1)).array[:, 0]
    assert np.mean(rows < n // 2) == pytest.approx(0.9, abs=0.01)
    assert rows.max() > 0.999 * n


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"X": [[1.0, "a"]] * 2, "y": [0, 1]}, "X does not hold numbers"),
        ({"X": [[1.0], [2.0, 3.0]], "y": [0, 1]}, "X is not a table"),
        ({"X": np.zeros(3), "y": [0, 1, 1]}, r"X must be two-dimensional: 1 dimension\(s\), shape \(3,\)"),
        ({"X": np.zeros((0, 3)), "y": []}, "X has no rows"),
        ({"X": np.zeros((3, 1), dtype=complex), "y": [0, 1, 1]}, "Complex data not supported"),
        (
            {"X": np.array([["2020-01-01"]] * 2, dtype="M8[D]"), "y": [0, 1]},
            "X does not hold numbers: dtype datetime64",
        ),
        ({"X": np.zeros((3, 1)), "y": [0, 1]}, "inconsistent numbers of samples: 3 rows of X and 2 of y"),
        ({"X": X, "y": y, "names": ["a"]}, "names must have one entry for each column: 1 for 3"),
        ({"X": X, "y": y, "sample_weight": np.ones(3)}, "sample_weight must have one entry a row"),
        ({"X": X, "y": y, "sample_weight": -np.ones(50)}, "sample_weight must not be below 0: -1 in row 0"),
        ({"X": X, "y": y, "sample_weight": np.zeros(50)}, "All weights in sample_weight are zero"),
        ({"X": X, "y": y, "offset": np.full(50, np.nan)}, "offset must be finite: nan in row 0"),
        ({"X": X, "y": y, "offset": ["a"] * 50}, "offset does not hold numbers"),
        ({"X": sp.csr_array(X).astype(complex), "y": y}, "Complex data not supported"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(DataError, match=message):
        as_source(**arguments)


def test_a_damaged_sparse_matrix_is_refused_and_not_followed():
    broken = sp.csr_array(X)
    broken.indices[5] = 10_000_000
    with pytest.raises(DataError, match="damaged sparse matrix"):
        as_source(broken, y)


def test_the_users_data_are_never_changed():
    from oddsmith import fit

    for array in (X.copy(), np.asfortranarray(X), sp.csr_array(X)):
        before = array.copy()
        w = np.ones(50)
        fit(as_source(array, y, sample_weight=w))
        difference = abs(array - before)
        assert difference.max() == 0.0
        assert (w == 1.0).all()
