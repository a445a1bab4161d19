import numpy as np
import pytest

from oddsmith import L2, SeparationWarning, as_source, fit
from tests.problems import PROBLEMS

PLAIN = PROBLEMS["plain"]


def test_warnings_point_at_the_line_of_the_user():
    from oddsmith import LogisticRegression

    X = np.arange(10.0)[:, None]
    for call in (lambda: fit(as_source(X, X[:, 0] > 4)), lambda: LogisticRegression(C=np.inf).fit(X, X[:, 0] > 4)):
        with pytest.warns(SeparationWarning) as caught:
            call()
        assert [w.filename for w in caught] == [__file__]


def test_the_repr_tells_the_story():
    assert repr(fit(PLAIN.source, penalty=L2(0.1))).startswith(
        "<Fit: logistic, ridge, alpha 0.1 on the mean loss, raw columns; 500 rows, 6 columns; converged after "
    )
