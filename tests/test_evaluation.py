import numpy as np
import pytest
import scipy.sparse as sp

from oddsmith.evaluation import Evaluation, evaluate_block
from oddsmith.losses import Logistic, Multinomial
from oddsmith.sources import as_source


def test_evaluations_add_up_part_by_part():
    one = Evaluation(1.0, np.ones(2), np.eye(2), 3.0, 5.0)
    two = Evaluation(2.0, np.ones(2), None, 1.0, 7.0)
    total = one + two
    assert (total.value, total.weight, total.reach, total.hessian) == (3.0, 4.0, 7.0, None)
    assert total.mean().value == 0.75


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("order", [0, 1, 2])
def test_kernels_and_verbs_bring_up_the_same(both_kernels, classes, order):
    """Dense rows by the fused pass, the same rows in CSR: of several outputs by the verbs."""
    rng = np.random.default_rng(classes)
    X, y = rng.standard_normal((900, 4)), rng.integers(0, classes, 900)
    loss = Logistic() if classes == 2 else Multinomial(classes)
    beta = rng.standard_normal((loss.outputs, 5)) if classes > 2 else rng.standard_normal(5)
    seen = []
    for matrix in (X, sp.csr_array(X)):
        block = next(as_source(matrix, y, sample_weight=1.0 + y).blocks())
        seen.append(evaluate_block(block, loss=loss, beta=beta, order=order, threads=2))
    for name in ("value", "gradient", "hessian", "weight", "reach"):
        one, two = (getattr(part, name) for part in seen)
        assert (one is None) == (two is None)
        if one is not None:
            np.testing.assert_allclose(one, two, rtol=1e-10, atol=1e-10)
