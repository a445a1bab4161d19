"""Oddsmith: logistic regression, done once and done right.

A fit is a sum over rows. Coefficients go down to the rows; value, gradient and Hessian come up added; everything else
reads the result.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oddsmith import plots as plots
    from oddsmith import scratch as scratch
    from oddsmith._separation import Verdict, separation
    from oddsmith.cost import cost_function
    from oddsmith.errors import (
        CollinearityError,
        ColumnWarning,
        ConvergenceWarning,
        DataError,
        ModelFileError,
        NumericalError,
        OddsmithError,
        OddsmithWarning,
        SeparationWarning,
        SpecificationError,
        Status,
    )
    from oddsmith.estimators import LogisticRegression
    from oddsmith.estimators_cv import LogisticRegressionCV
    from oddsmith.fitted import Fit
    from oddsmith.fitting import fit
    from oddsmith.formula import LogitResult, logit
    from oddsmith.hypotheses import ChiSquareTest, lr_test, wald_test
    from oddsmith.inference import Inference, OddsRatios, covariance, infer, odds_ratios
    from oddsmith.judging.certificate import Certificate
    from oddsmith.likelihood import Likelihood
    from oddsmith.model_file import Model, load, save
    from oddsmith.one_vs_rest import fit_one_vs_rest
    from oddsmith.paths.cross_validation import CrossValidation, cross_validate_path
    from oddsmith.paths.path import Path, path
    from oddsmith.penalties import L1, L2, ElasticNet, NoPenalty
    from oddsmith.published import from_coefficients
    from oddsmith.report import Summary, summarise
    from oddsmith.scores import Scores, score
    from oddsmith.solvers import GradientDescent, Newton, ProximalNewton, SketchedNewton
    from oddsmith.sources import Source, as_source, read

# Public names and where they live. They load on first use, so that no one pays for a face that he does not use.
_HOMES = {
    "Certificate": "judging.certificate",
    "ChiSquareTest": "hypotheses",
    "CollinearityError": "errors",
    "ColumnWarning": "errors",
    "ConvergenceWarning": "errors",
    "CrossValidation": "paths.cross_validation",
    "DataError": "errors",
    "ElasticNet": "penalties",
    "Fit": "fitted",
    "GradientDescent": "solvers",
    "Inference": "inference",
    "L1": "penalties",
    "L2": "penalties",
    "Likelihood": "likelihood",
    "LogisticRegression": "estimators",
    "LogisticRegressionCV": "estimators_cv",
    "LogitResult": "formula",
    "Model": "model_file",
    "ModelFileError": "errors",
    "Newton": "solvers",
    "NoPenalty": "penalties",
    "NumericalError": "errors",
    "OddsRatios": "inference",
    "OddsmithError": "errors",
    "OddsmithWarning": "errors",
    "Path": "paths.path",
    "ProximalNewton": "solvers",
    "Scores": "scores",
    "SeparationWarning": "errors",
    "SketchedNewton": "solvers",
    "Source": "sources",
    "SpecificationError": "errors",
    "Status": "errors",
    "Summary": "report",
    "Verdict": "_separation",
    "as_source": "sources",
    "cost_function": "cost",
    "covariance": "inference",
    "cross_validate_path": "paths.cross_validation",
    "fit": "fitting",
    "fit_one_vs_rest": "one_vs_rest",
    "from_coefficients": "published",
    "infer": "inference",
    "load": "model_file",
    "logit": "formula",
    "lr_test": "hypotheses",
    "odds_ratios": "inference",
    "path": "paths.path",
    "read": "sources",
    "save": "model_file",
    "score": "scores",
    "separation": "_separation",
    "summarise": "report",
    "wald_test": "hypotheses",
}

# Public modules: the figures, and the learner's class.
_MODULES = ("plots", "scratch")

__all__ = [
    "L1",
    "L2",
    "Certificate",
    "ChiSquareTest",
    "CollinearityError",
    "ColumnWarning",
    "ConvergenceWarning",
    "CrossValidation",
    "DataError",
    "ElasticNet",
    "Fit",
    "GradientDescent",
    "Inference",
    "Likelihood",
    "LogisticRegression",
    "LogisticRegressionCV",
    "LogitResult",
    "Model",
    "ModelFileError",
    "Newton",
    "NoPenalty",
    "NumericalError",
    "OddsRatios",
    "OddsmithError",
    "OddsmithWarning",
    "Path",
    "ProximalNewton",
    "Scores",
    "SeparationWarning",
    "SketchedNewton",
    "Source",
    "SpecificationError",
    "Status",
    "Summary",
    "Verdict",
    "as_source",
    "cost_function",
    "covariance",
    "cross_validate_path",
    "fit",
    "fit_one_vs_rest",
    "from_coefficients",
    "infer",
    "load",
    "logit",
    "lr_test",
    "odds_ratios",
    "path",
    "read",
    "save",
    "score",
    "separation",
    "summarise",
    "wald_test",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("oddsmith")
    if name in _MODULES:
        return import_module(f"oddsmith.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'oddsmith' has no attribute {name!r}")
    value = getattr(import_module(f"oddsmith.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, *_MODULES, "__version__"]
