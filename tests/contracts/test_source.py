"""Laws of every kind of Source: any cutting into blocks gives the same sums, in the same order, twice."""

import numpy as np
import pytest
import scipy.sparse as sp

from oddsmith import sources
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from oddsmith.sources import memory
from tests.problems import generate

PROBLEM = generate(3000, 4, 11, weighted=True, centre=2.0)


def from_memory(_):
    return PROBLEM.source


def from_sparse(_):
    return sources.as_source(sp.csr_array(PROBLEM.X), PROBLEM.y, sample_weight=PROBLEM.weight, offset=PROBLEM.offset)


def from_csv(folder):
    table = np.column_stack([PROBLEM.X, PROBLEM.weight, PROBLEM.offset, PROBLEM.y])
    path = folder / "rows.csv"
    np.savetxt(path, table, delimiter=",", header="a,b,c,d,w,o,y", comments="", fmt="%.17g")
    return sources.read(path, target="y", weight="w", offset="o")


def standardised(_):
    return sources.StandardisedSource(PROBLEM.source, PROBLEM.X.mean(axis=0), PROBLEM.X.std(axis=0))


@pytest.fixture(params=[from_memory, from_sparse, from_csv, standardised])
def source(request, tmp_path):
    return request.param(tmp_path)


def test_any_cutting_gives_the_same_sums(source, monkeypatch):
    beta = np.linspace(-0.5, 0.5, 5)
    whole = Objective(source, Logistic()).evaluate(beta, 2)
    monkeypatch.setattr(memory, "BLOCK_ENTRIES", 1)
    assert len(list(source.blocks())) == 3
    cut = Objective(source, Logistic()).evaluate(beta, 2)
    assert cut.value == pytest.approx(whole.value, rel=1e-13)
    assert cut.weight == whole.weight
    np.testing.assert_allclose(cut.gradient, whole.gradient, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(cut.hessian, whole.hessian, rtol=1e-11, atol=1e-13)
    again = Objective(source, Logistic()).evaluate(beta, 2)
    assert again.value == cut.value
    np.testing.assert_array_equal(again.hessian, cut.hessian)


def test_eta_of_some_columns_finds_its_rows(source, monkeypatch):
    monkeypatch.setattr(memory, "BLOCK_ENTRIES", 1)
    objective, columns, some = Objective(source, Logistic()), np.array([2, 0]), np.array([0.1, 0.4, -0.3])
    beta = np.array([0.1, -0.3, 0.0, 0.4, 0.0])
    found, expected = objective.evaluate_by(objective.only(columns), some, beta), objective.evaluate(beta)
    assert found.value == pytest.approx(expected.value, rel=1e-13)
    np.testing.assert_allclose(found.gradient, expected.gradient, rtol=1e-11, atol=1e-13)


def test_rows_come_in_order_and_are_numbered(source, monkeypatch):
    monkeypatch.setattr(memory, "BLOCK_ENTRIES", 1)
    blocks = list(source.blocks())
    assert [b.first_row for b in blocks] == [0, 1024, 2048]
    np.testing.assert_array_equal(np.concatenate([b.target for b in blocks]), PROBLEM.y)


def test_a_sample_stands_for_all_rows(source):
    sample = source.sample(500, seed=3)
    assert 400 <= sample.rows <= 600
    np.testing.assert_allclose(sample.class_weights(), source.class_weights(), rtol=1e-9)
    assert sample.columns == source.columns
    one, two = (next(source.sample(500, seed=3).blocks()).target for _ in range(2))
    np.testing.assert_array_equal(one, two)
    # its mean loss is that of all rows, up to sampling error
    beta = np.linspace(-0.5, 0.5, 5)
    truth = Objective(source, Logistic()).evaluate(beta, 0).value
    drawn = [Objective(source.sample(500, seed=s), Logistic()).evaluate(beta, 0).value for s in range(40)]
    assert np.mean(drawn) == pytest.approx(truth, abs=4 * np.std(drawn) / np.sqrt(40))


def test_batches_are_all_rows_once(source):
    batches = list(source.batches(700, np.random.default_rng(0)))
    assert [b.rows for b in batches] == [700, 700, 700, 700, 200]
    total = sum(np.array(b.class_weights()) for b in batches)
    np.testing.assert_allclose(total, source.class_weights())
    seen = np.concatenate([next(b.blocks()).target for b in batches])
    assert (seen != PROBLEM.y).any()


def test_moments_name_the_column_and_the_row(monkeypatch):
    X = PROBLEM.X.copy()
    X[2000, 1] = np.nan
    monkeypatch.setattr(memory, "BLOCK_ENTRIES", 1)
    for source in (
        sources.as_source(X, PROBLEM.y, names="abcd"),
        sources.as_source(sp.csr_array(X), PROBLEM.y, names="abcd"),
    ):
        with pytest.raises(ValueError, match=r"X contains NaN: first in row 2000, column 'b'"):
            source.moments(1)
