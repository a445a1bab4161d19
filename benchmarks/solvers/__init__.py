"""OPEN: contestants, one file a library or solver. Each has `NAME`, `TOLERANCES` (loosest first), `takes(problem)`, and
`fit(problem, tol) -> (intercept, coef, passes)`; importing it fails where the library is absent. Add a line here.
"""

SOLVERS = (
    "oddsmith",
    "glum",
    "liblinear",
    "newton_cholesky",
    "newton_cg",
    "lbfgs",
    "statsmodels",
    "snapml",
)
