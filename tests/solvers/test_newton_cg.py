import numpy as np

from oddsmith import L2, fit
from oddsmith.errors import Status
from oddsmith.objective import Objective
from tests.problems import generate


def test_no_square_matrix_is_asked_for(monkeypatch):
    asked = []
    evaluate = Objective.evaluate
    monkeypatch.setattr(
        Objective, "evaluate", lambda self, b, order=1: (asked.append(order), evaluate(self, b, order))[1]
    )
    result = fit(generate(2000, 10, 1).source, penalty=L2(1e-3), solver="newton_cg", tol=1e-12)
    assert set(asked) == {1}
    assert result.status is Status.CONVERGED


def test_it_ends_where_newton_ends_and_its_decrement_is_the_distance():
    source = generate(2000, 10, 2, scales=(1e-2, 1e2)).source
    exact = fit(source, penalty=L2(1e-4), solver="newton")
    rough = fit(source, penalty=L2(1e-4), solver="newton_cg", tol=1e-4)
    left = (rough.value - exact.value) / exact.value
    np.testing.assert_allclose(rough.certificate.suboptimality, left, rtol=0.2)
    fine = fit(source, penalty=L2(1e-4), solver="newton_cg", tol=1e-13)
    np.testing.assert_allclose(fine.beta, exact.beta, rtol=1e-4)
