"""Write docs/accuracy.md: how many digits Oddsmith and its peers find on the reference problems (`make accuracy`)."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.reference import score
from tests.reference.problems import L1, L2, ML, NET, SOFTMAX, Reference

PAGE = Path(__file__).with_suffix(".md")
KINDS = (ML, L2, SOFTMAX, L1, NET)
Scores = dict[str, float]  # by what was scored; NaN where the library has no such number


def oddsmith(name: str) -> Scores:
    return score.score(name, score.fitted(name))


def statsmodels(tight: bool) -> Callable[[str], Scores]:
    """`GLM` for two classes, `MNLogit` for more; none with a penalty."""

    def fit(name: str) -> Scores:
        import statsmodels.api as sm

        given = score.made(name)
        if given.alpha or (given.kind == SOFTMAX and given.weight is not None):
            raise NotImplementedError
        X = sm.add_constant(given.X, has_constant="add") if given.intercept else given.X
        if given.kind == SOFTMAX:
            options = {"method": "newton", "tol": 1e-14, "maxiter": 1000} if tight else {}
            found = sm.MNLogit(given.y, X).fit(disp=0, **options)
            scores = np.column_stack([np.zeros(len(found.params)), found.params]).T
            beta, se = scores - scores.mean(axis=0), found.bse.T.ravel()
        else:
            options = {"tol": 1e-14, "maxiter": 1000} if tight else {}
            family = sm.families.Binomial()
            found = sm.GLM(given.y, X, family, freq_weights=given.weight, offset=given.offset).fit(**options)
            beta, se = np.atleast_2d(found.params), found.bse
            if not given.intercept:
                beta = np.insert(beta, 0, 0.0, axis=1)
        errors = score.digits(se, score.ANSWERS[name]["standard_errors"])
        return {"coefficients": score.score_coefficients(name, beta), "standard errors": errors}

    return fit


def scikit_learn(tight: bool) -> Callable[[str], Scores]:
    """`LogisticRegression` at its defaults; or `newton-cholesky` (`saga` for L1) at a tolerance of 1e-12."""

    def fit(name: str) -> Scores:
        from sklearn.linear_model import LogisticRegression

        given = score.made(name)
        if given.offset is not None:
            raise NotImplementedError
        total = float(len(given.y) if given.weight is None else given.weight.sum())
        C = 1.0 / (given.alpha * total) if given.alpha else np.inf
        model = LogisticRegression(C=C, l1_ratio=given.l1_ratio, fit_intercept=given.intercept, **solver(given, tight))
        model.fit(given.X, given.y, sample_weight=given.weight)
        return {"coefficients": score.score_coefficients(name, np.column_stack([model.intercept_, model.coef_]))}

    return fit


def solver(given: Reference, tight: bool) -> dict[str, object]:
    if given.l1_ratio:
        return {"solver": "saga"} | ({"tol": 1e-12, "max_iter": 2000} if tight else {})
    return {"solver": "newton-cholesky", "tol": 1e-12, "max_iter": 1000} if tight else {}


CONTESTANTS = {
    "Oddsmith": oddsmith,
    "statsmodels": statsmodels(tight=False),
    "statsmodels, tight": statsmodels(tight=True),
    "scikit-learn": scikit_learn(tight=False),
    "scikit-learn, tight": scikit_learn(tight=True),
}


def run(contestant: str, name: str) -> tuple[Scores | None, bool]:
    """The scores, None if there is no such model; and whether an error or a warning was given."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = CONTESTANTS[contestant](name)
        except NotImplementedError:
            return None, False
        except (ValueError, ArithmeticError, np.linalg.LinAlgError):
            return {"coefficients": 0.0, "standard errors": 0.0}, True
    return found, bool(caught)


Results = dict[str, dict[str, tuple[Scores | None, bool]]]  # by problem, then by contestant


def table(results: Results, names: list[str], what: str) -> Iterator[str]:
    yield "| | problems | mean | least | below 4 | below 4, silently |"
    yield "|---|---|---|---|---|---|"
    for contestant in CONTESTANTS:
        told = [results[name][contestant] for name in names]
        digits = [(found[what], warned) for found, warned in told if found is not None and what in found]
        if digits:
            scores = [score for score, _ in digits]
            poor = sum(score < 4.0 for score in scores)
            silent = sum(score < 4.0 and not warned for score, warned in digits)
            cells = len(scores), f"{np.mean(scores):.1f}", f"{min(scores):.1f}", poor, silent
            yield f"| {contestant} | " + " | ".join(map(str, cells)) + " |"


def each(results: Results) -> Iterator[str]:
    yield "| problem | rows, columns | " + " | ".join(CONTESTANTS) + " |"
    yield "|---|---|" + "---|" * len(CONTESTANTS)
    for name, row in results.items():
        shape = "{}, {}".format(*score.made(name).X.shape)
        cells = [
            "" if found is None else f"{found['coefficients']:.1f}{'!' * warned}" for found, warned in row.values()
        ]
        yield f"| {name} | {shape} | " + " | ".join(cells) + " |"


def page(results: Results, seconds: float) -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "statsmodels", "scikit-learn"))
    parts = [HEAD.format(count=len(results), libraries=libraries, seconds=seconds)]
    for kind in KINDS:
        names = [name for name in results if score.ANSWERS[name]["kind"] == kind]
        for what in ("coefficients", "standard errors"):
            if names and (what == "coefficients" or "standard_errors" in score.ANSWERS[names[0]]):
                parts += [f"## {kind[0].upper()}{kind[1:]}: {what}\n", *table(results, names, what), ""]
    sparse = "; L1 and elastic net 12 and 8" if L1 in {score.ANSWERS[name]["kind"] for name in results} else ""
    return "\n".join([*parts, EACH, *each(results), "", FOOT.format(sparse=sparse)])


@contextmanager
def timed() -> Iterator[Callable[[], float]]:
    began = time.perf_counter()
    yield lambda: time.perf_counter() - began


HEAD = """# How many digits are right

The {count} problems of `tests/reference/` were solved in 60-digit arithmetic, twice: by Newton's method in the ball
arithmetic of FLINT, where every number comes with a proved bound of its error, and checked in mpmath, by the gradient
that the written decimals leave. A library's answer is scored by its **log relative error**, -log10 |found - true| /
|true|, the number of digits that are right (McCullough 1998, for the NIST reference data sets); the worst coefficient
of a problem counts. 16 is all that a double has.

Everybody runs with default settings; "tight" asks the peer for all it has. statsmodels is `GLM`, or `MNLogit` for more
than two classes; scikit-learn is `LogisticRegression`. A problem that a library has no model for, such as an offset, is
left out of its row.

`make accuracy` made this page in {seconds:.0f} s: {libraries}.
"""

EACH = """## Every problem

Digits of the worst coefficient. A `!` says that the library gave a warning or an error.
"""

FOOT = """## What holds, and what does not

- **Default settings**: maximum likelihood in the mean to 14 digits or more and never below 8, in coefficients and in
  standard errors; ridge 13.5 and 9; softmax 13 and 9{sparse}. `tests/reference/` holds this at every run, and
  more: nothing smooth below 10, dense or sparse.
- **How**: where rounding may cost more than the 12th digit, and only there, the last Newton steps have their gradient
  in double-double, about 32 digits, and the inverse Hessian is held as a product of roots
  (`src/oddsmith/judging/refinement.py`). Well-conditioned fits pay nothing.
- **A condition above 1e10** (of standardised columns) is reported as collinear, not solved: there the data themselves
  have rarely so many digits.
- **Certificates.** Stopped after 1 to 20 passes, by every solver: a `proved` bound is never below the truth but for
  rounding, 1e-14 of the objective. An `estimated` one is within a factor of 10 of the truth, mostly within 2; rather
  too large where the last step was taken without a pass to look at it. Where the
  quadratic model tells nothing of the distance there is no number: the certificate is `none`.
- **Never silent.** Where the certificate and the standard errors leave open whether a coefficient has four digits, the
  fit warns, at any `tol` and any limit of passes. Where no Hessian was formed (a ridge on many rows with a number as
  `tol`, many columns, L1) the standard errors are those of the solver's metric. A coefficient below a tenth of its
  standard error is measured by this tenth.
"""


def main() -> None:
    with timed() as seconds:
        results = {name: {one: run(one, name) for one in CONTESTANTS} for name in score.ANSWERS}
        PAGE.write_text(page(results, seconds()))


if __name__ == "__main__":
    main()
