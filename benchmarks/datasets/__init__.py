"""OPEN: problems. Add a function that makes a Problem, and a line here."""

from benchmarks.datasets import categories, dense, lasso, many_classes, sparse

DATASETS = {
    "tall": dense.tall,
    "tall_float32": dense.tall_float32,
    "wide": dense.wide,
    "unpenalised": dense.unpenalised,
    "sparse": sparse.words,
    "softmax": many_classes.standardised,
    "softmax_unscaled": many_classes.unscaled,
    "one_vs_rest": many_classes.one_vs_rest,
    "codes": categories.codes,
    "breast_cancer": dense.breast_cancer,
    "lasso_wide": lasso.lasso_wide,
    "lasso_tall": lasso.lasso_tall,
    "lasso_sparse": lasso.lasso_sparse,
}
