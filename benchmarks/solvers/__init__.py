"""OPEN: contestants, one file a library. Each has `NAME`, `TOLERANCES` (loosest first) and
`fit(X, y, alpha, tol) -> (intercept, coef, passes)`; importing it fails where the library is absent. Add a line here.
"""

SOLVERS = ("oddsmith", "glum", "sklearn_newton_cholesky", "sklearn_lbfgs")
