import numpy as np
import pytest

from oddsmith.design import Chosen, make_design
from oddsmith.evaluation import evaluate_block
from oddsmith.losses import Logistic
from oddsmith.sources import Block

RNG = np.random.default_rng(0)
X = RNG.standard_normal((700, 9)) * 3 + 1
COLUMNS = np.array([7, 0, 4])
CENTRE, SCALE = RNG.standard_normal(9), RNG.uniform(0.5, 2, 9)
y, w, o = (RNG.random(700) < 0.4).astype(float), RNG.random(700), RNG.standard_normal(700)


@pytest.fixture(params=["dense", "column-major", "float32"])
def pair(request):
    made = {"dense": X, "column-major": np.asfortranarray(X), "float32": X.astype(np.float32)}[request.param]
    whole = make_design(made).standardised(CENTRE, SCALE)
    return Chosen(whole, COLUMNS), whole.only(COLUMNS)


@pytest.mark.usefixtures("both_kernels")
@pytest.mark.parametrize("weight, offset", [(None, None), (w, o)])
def test_a_pass_over_it_is_one_over_a_copy(pair, weight, offset):
    beta = RNG.standard_normal(4)
    for order in (0, 1, 2):
        view, copy = (
            evaluate_block(Block(design, y, weight, offset), loss=Logistic(), beta=beta, order=order, threads=2)
            for design in pair
        )
        assert view.value == pytest.approx(copy.value, rel=1e-13)
        for name in ("gradient", "hessian")[:order]:
            np.testing.assert_allclose(getattr(view, name), getattr(copy, name), rtol=1e-11, atol=1e-11)
        assert view.reach == pytest.approx(copy.reach, rel=1e-13)


def test_its_verbs_are_those_of_a_copy(pair):
    view, copy = pair
    v, r, h, half = RNG.standard_normal(3), RNG.standard_normal(700), RNG.random(700), RNG.standard_normal((4, 2))
    for name, argument in (
        ("matvec", v), ("scores", v), ("dot_rows", v), ("rmatvec", r), ("gram", h), ("diagonal", h), ("norms", half),
    ):  # fmt: skip
        np.testing.assert_allclose(getattr(view, name)(argument), getattr(copy, name)(argument), rtol=1e-9, atol=1e-9)
    assert (view.shape, view.entries, list(view.stored())) == (copy.shape, copy.entries, list(copy.stored()))
    np.testing.assert_allclose(view.norms(), copy.norms(), rtol=1e-12)
    np.testing.assert_allclose(view.gram(h, np.array([2, 0])), copy.gram(h, np.array([2, 0])), rtol=1e-11)
    np.testing.assert_allclose(view.moments(w).mean, copy.moments(w).mean, rtol=1e-12)
    few = np.array([5, 1])
    np.testing.assert_array_equal(view.take(few).dot_rows(v), view.dot_rows(v)[few])
    np.testing.assert_array_equal(view.only(np.array([1])).shape, (700, 1))
    np.testing.assert_allclose(view.standardised(np.zeros(3), np.ones(3)).matvec(v), copy.array @ v, rtol=1e-9)


def test_a_column_that_is_not_there_is_refused():
    beyond = Chosen(make_design(X), np.array([9]))
    with pytest.raises((ValueError, IndexError)):
        evaluate_block(Block(beyond, y), loss=Logistic(), beta=np.zeros(2), order=0, threads=1)
