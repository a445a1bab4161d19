"""OPEN: contestants, one file a library or solver. Each has `NAME`, `TOLERANCES` (loosest first), `takes(problem)`, and
`fit(problem, tol) -> (intercept, coef, passes)`; importing it fails where the library is absent. Those that know an L1
penalty say so: `L1 = True`. Add a line here. (celer has no intercept, and abess no L1 penalty: it selects subsets.)
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
    "skglm",
    "adelie",
    "saga",
)
