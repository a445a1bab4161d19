"""glum's GeneralizedLinearRegressor."""

from glum import GeneralizedLinearRegressor

NAME = "glum"
TOLERANCES = (1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-10)


def fit(X, y, alpha, tol):
    model = GeneralizedLinearRegressor(family="binomial", alpha=alpha, l1_ratio=0, gradient_tol=tol, max_iter=1000)
    model.fit(X, y)
    return model.intercept_, model.coef_, int(model.n_iter_)
