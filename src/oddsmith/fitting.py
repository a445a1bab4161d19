"""fit(): standardise, choose, solve, certify, map back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import TypeVar

import numpy as np

from oddsmith import losses, solvers
from oddsmith.arrays import Array, check_integer, check_positive
from oddsmith.axes import Axes
from oddsmith.blas import on_one_thread
from oddsmith.collinear import Collinear, settled
from oddsmith.combinations import Combination
from oddsmith.errors import DataError, SpecificationError
from oddsmith.extended import Extended
from oddsmith.firth import Firth, bias_reduced
from oddsmith.fitted import Fit, warn
from oddsmith.judging.judge import Judge, Judgement
from oddsmith.losses import Loss
from oddsmith.objective import Objective
from oddsmith.penalties import NoPenalty, Penalty
from oddsmith.schema import choice
from oddsmith.solvers import GradientDescent, ProximalNewton, SketchedNewton, Solver, Step, Workspace
from oddsmith.sources import Source, StandardisedSource

T = TypeVar("T")
SMALL_ROWS, SMALL_SIZE = 10_000, 64  # below both, BLAS takes one thread by itself
ALIASES = {"auto": SketchedNewton.name, "gd": GradientDescent.name}


def fit(
    source: Source,
    *,
    loss: str | Loss = "auto",
    penalty: Penalty | None = None,
    solver: str | Solver = "auto",
    tol: float | None = None,
    max_passes: int | None = None,
    intercept: bool = True,
    standardize: bool = False,
    bias_reduction: str | None = None,
    collinear: Collinear = "drop",
    start: Array | None = None,
    threads: int | None = None,
    warn: Callable[[Fit], None] = warn,
) -> Fit:
    r"""Fit a logistic regression, of two classes or (by softmax) of more.

    Minimises the weighted mean loss plus a penalty,

    .. math:: F(b) = \frac{1}{W} \sum_i w_i \, \ell(b_0 + x_i'b + o_i, \, y_i) + P(b), \qquad W = \sum_i w_i.

    Parameters
    ----------
    source : Source
        From `oddsmith.read` or `oddsmith.as_source`.
    loss : "auto", "logistic", "multinomial" or Loss
        "auto" is logistic for two classes and multinomial for more.
    penalty : Penalty, optional
        `L2(alpha)`, `L1(alpha)` or `ElasticNet(alpha, l1_ratio)`; none by default. It never touches the intercept.
    solver : str or Solver, default "auto"
        "auto" is "sketched_newton" or, where absolute values are in the penalty, "proximal_newton". Others: "newton",
        "newton_cg", "gradient_descent" ("gd"); SciPy's "scipy-cg", "scipy-bfgs" and "scipy-lbfgs".
    tol : float, optional
        Stop at this relative suboptimality (F - F*) / F. The default is full precision, ended by an exact Newton
        step and proved by a certificate.
    max_passes : int, optional
        Limit of passes over the data; the solver's own by default. A step once begun is finished, and the judge may
        add up to four; without a penalty as many as it takes to know whether an optimum exists.
    intercept : bool, default True
    standardize : bool, default False
        Whether the penalty acts on columns divided by their standard deviations (root mean squares without an
        intercept). The coefficients are on raw columns either way. The solver standardises inside in any case.
    bias_reduction : "firth", optional
        Maximum likelihood under Jeffreys' prior, which removes the bias of order 1 / n and is finite for separated
        classes too (Firth, 1993): adds :math:`-\log |I(b)| / (2 W)` to F, with I the Fisher information on raw columns.
        Of two classes, without a penalty, by a solver of its own; the certificate is an estimate, and it and tol are
        relative to the mean loss alone.
    collinear : {"drop", "min-norm", "error"}, default "drop"
        Without a penalty, what becomes of columns that are linear combinations of earlier ones, the intercept
        included. "drop": their coefficient is 0 without a standard error, as in R; all else is as in a fit without
        them. "min-norm": of all coefficients with the same scores those with the least sum of squares on
        standardised columns; those that take part have infinite standard errors. "error": refused. Columns that are
        combinations to more than rounding are never dropped. Not looked for where no Hessian is formed.
    start : array of shape (1, 1 + p) or (K, 1 + p), optional
        Coefficients to start from, as in `Fit.beta`.
    threads : int, optional
        All processors by default; the result has the same bits for any number.
    warn : callable, optional
        Is given the Fit before it is returned, to warn if it is not to be trusted.

    Returns
    -------
    Fit

    Raises
    ------
    DataError
        If X holds NaN or infinity, or the weights leave one class only.
    CollinearityError
        If columns are collinear, and `collinear` is "error".
    SpecificationError
        If an argument has no meaning.
    NumericalError
        If the arithmetic breaks down.

    Warns
    -----
    ColumnWarning
        If columns were dropped.
    ConvergenceWarning
        If the optimum was not reached, or is not unique.
    SeparationWarning
        If there is no finite optimum. The coefficients that `Fit.runaway` does not name are right nevertheless, and so
        are their standard errors: those of the rows that are not separated.
    """
    began = time.perf_counter()
    check_source(source, penalty)
    check_limits(tol, max_passes, threads)
    choice("collinear", collinear, Collinear)
    chosen = solver_named(solver, penalty)
    _check_bias_reduction(bias_reduction, source, penalty, solver)
    problem = Problem.of(
        source, loss_for(loss, source), penalty, intercept=intercept, standardize=standardize, threads=threads,
        bias_reduction=bias_reduction, collinear=collinear,
    )  # fmt: skip
    with problem.quietly():
        result = problem.solved(chosen, tol=tol, max_passes=max_passes, start=start, began=began)
        warn(result)
    return result


@dataclass(frozen=True)
class Problem:
    """What a fit minimises.

    Attributes
    ----------
    source : Source
        The rows as they are.
    objective : Objective
        Their mean loss, on standardised columns.
    axes : Axes
        How these stand to the raw ones.
    penalty : Penalty
        As it was given.
    standardize : bool
        Whether the penalty acts on standardised columns.
    bias_reduction, collinear
        As they were given.
    """

    source: Source
    objective: Objective
    axes: Axes
    penalty: Penalty
    standardize: bool
    bias_reduction: str | None = None
    collinear: Collinear = "drop"

    @classmethod
    def of(
        cls, source: Source, loss: Loss, penalty: Penalty | None, *, intercept: bool, standardize: bool,
        threads: int | None, bias_reduction: str | None = None, collinear: Collinear = "drop",
    ) -> Problem:  # fmt: skip
        """From what `fit` is given. One pass, for the moments."""
        if not (intercept or source.columns):
            raise SpecificationError("There is nothing to fit", "neither columns nor an intercept", "Add either.")
        given = penalty if penalty is not None else NoPenalty()
        loss = loss if given.smooth else loss.of_scores()
        source = source.coded("reference" if given.strength == 0.0 else "full")
        _check_every_class(source)
        axes = Axes.standardising(source.moments(threads), intercept=intercept)
        view = StandardisedSource(source, axes.centre, axes.scale)
        objective = Objective(view, loss, intercept=intercept, threads=threads)
        return cls(source, objective, axes, given, standardize, bias_reduction, collinear)

    def bound(self) -> Penalty:
        """The penalty on the coefficients of the objective."""
        spread = np.ones_like(self.axes.spread) if self.standardize else self.axes.spread
        return self.penalty.bound(spread, intercept=self.axes.intercept, outputs=self.objective.loss.outputs)

    def at(self, penalty: Penalty) -> Problem:
        """The same rows under another penalty, with a count of passes of its own."""
        seen = self.objective
        fresh = Objective(seen.source, seen.loss, intercept=seen.intercept, threads=seen.threads)
        return replace(self, penalty=penalty, objective=fresh)

    def judge(self, tol: float | None, max_passes: int | None) -> Judge:
        """Who decides on what a solver finds."""
        # one pass is spent on the moments; one at least is left to the solver
        limit = None if max_passes is None else max(1, max_passes - 1)
        return Judge(self.objective, self.bound(), self.axes, tol, limit)

    def judged(
        self, judge: Judge, solver: Solver, start: Array | None, workspace: Workspace | None = None
    ) -> Judgement:  # fmt: skip
        """Solve and certify. A workspace, for `ProximalNewton`, carries on what the fit before this one left."""
        objective, bound, limit = self.objective, judge.penalty, judge.limit
        carried = {} if workspace is None else {"workspace": workspace}
        beginning = _starting_point(start, self.axes, objective, bound)
        if self.bias_reduction:
            return bias_reduced(objective, self.axes, beginning, tol=judge.tol, limit=limit)
        solution = judge.asked(solver).solve(objective, bound, beginning, tol=judge.aim, max_passes=limit, **carried)
        return judge.verdict(solution, solver)

    def raw(self, beta: Array, low: Array | None = None) -> Array:
        """The solver's coefficients on raw columns, as in `Fit.beta`; of beta + low, rounded at the very end."""
        loss, axes = self.objective.loss, self.axes
        if low is None and loss.outputs == 1:
            return axes.to_raw(beta)[None]
        if low is None:
            out: Array = loss.contrasts @ [axes.to_raw(part) for part in beta.reshape(loss.outputs, -1)]
            if len(out) > 1 and axes.intercept:
                out[:, 0] -= out[:, 0].mean()  # what is added to all scores changes nothing
            return out
        both = Extended(beta, low).reshape(loss.outputs, -1)
        raw = [axes.to_raw_exactly(both[k]) for k in range(loss.outputs)]
        return reduce(add, (part * column[:, None] for part, column in zip(raw, loss.contrasts.T, strict=True))).value

    def from_raw(self, raw: Array) -> Array:
        """The solver's coefficients, of some as in `Fit.beta`."""
        return np.concatenate([self.axes.from_raw(part) for part in self.objective.loss.contrasts.T @ raw])

    def solved(
        self, solver: Solver, *, tol: float | None, max_passes: int | None = None, start: Array | None = None,
        began: float | None = None, workspace: Workspace | None = None,
    ) -> Fit:  # fmt: skip
        """Solve, certify, map back."""
        began = time.perf_counter() if began is None else began
        judge = self.judge(tol, max_passes)
        found, combinations = self._settled(self.judged(judge, solver, start, workspace), judge, solver)
        name = Firth.name if self.bias_reduction else solver.name
        return self.fitted(found, name, time.perf_counter() - began, combinations)

    def fitted(
        self, found: Judgement, solver: str, seconds: float, combinations: tuple[Combination, ...] = ()
    ) -> Fit:  # fmt: skip
        """What the judge found, mapped back."""
        solution, seen = found.solution, found.evaluation
        return Fit(
            schema=self.source.schema,
            classes=self.source.classes,
            beta=self.raw(solution.beta, solution.low),
            hessian=seen.hessian,
            root=seen.root,
            axes=self.axes,
            certificate=found.certificate,
            status=found.status,
            trace=tuple(Step(s.passes + 1, s.value, s.decrement, s.length, s.note) for s in solution.trace),
            passes=self.objective.passes + 1,
            value=seen.value - (solution.decrement if solution.last_step is not None else 0.0),
            penalty=self.penalty,
            standardized=self.standardize,
            has_offset=self.source.has_offset,
            loss=self.objective.loss,
            solver=solver,
            rows=self.source.rows,
            class_weights=self.source.class_weights(),
            runaway=found.runaway,
            seconds=seconds,
            bias_reduction=self.bias_reduction,
            combinations=combinations,
            variance=found.variance,
        )

    def quietly(self) -> AbstractContextManager[None]:
        """BLAS on one thread, where passes have several.

        For who is asked from outside, around all that he does: a pool woken at the end spins when the next fit begins.
        """
        small = self.objective.rows < SMALL_ROWS and self.objective.size < SMALL_SIZE
        return nullcontext() if small else on_one_thread()

    def _settled(
        self, found: Judgement, judge: Judge, solver: Solver
    ) -> tuple[Judgement, tuple[Combination, ...]]:  # fmt: skip
        """Without a penalty to decide, collinear columns get the coefficients that were asked for."""
        seen = found.evaluation
        if self.penalty.strength > 0.0 or seen.hessian is None or seen.factor.rank == self.objective.size:
            return found, ()
        return settled(found, self.collinear, judge, finished=self.bias_reduction is not None or not solver.refined)


def solver_named(given: str | Solver, penalty: Penalty | None = None) -> Solver:
    """What a name stands for, with its default settings; an object stands for itself. "auto" looks at the penalty."""
    if isinstance(given, str) and given == "auto" and penalty is not None and not penalty.smooth:
        return ProximalNewton()
    return _by_name("solver", given, solvers.CATALOGUE, ALIASES)


def _by_name(argument: str, given: str | T, catalogue: Mapping[str, type[T]], aliases: Mapping[str, str]) -> T:
    """What a name stands for, with its default settings; an object stands for itself."""
    if not isinstance(given, str):
        return given
    name = aliases.get(given, given)
    if name not in catalogue:
        known = ", ".join([*aliases, *catalogue])
        raise SpecificationError(f"{argument} is not known", f"{given!r}", f"Use one of: {known}.")
    return catalogue[name]()


def loss_for(given: str | Loss, source: Source) -> Loss:
    """The loss of a name; of "auto", the one for so many classes."""
    if not isinstance(given, str):
        return given
    count = len(source.classes)
    name = ("logistic" if count == 2 else "multinomial") if given == "auto" else given
    if name not in losses.CATALOGUE:
        raise SpecificationError("loss is not known", f"{given!r}", f"Use one of: auto, {', '.join(losses.CATALOGUE)}.")
    chosen = losses.CATALOGUE[name].of(count)
    if source.has_offset and chosen.outputs > 1:
        advice = "Leave it out, or fit two classes at a time."
        raise SpecificationError("An offset has no meaning for more than two classes", f"{count} classes", advice)
    return chosen


def check_source(source: object, penalty: object) -> None:
    """Raise SpecificationError unless these are a Source and a Penalty, or None."""
    if not isinstance(source, Source):
        advice = "Make one: oddsmith.as_source(X, y), or oddsmith.read(path, target=...)."
        raise SpecificationError("fit needs a Source", f"a {type(source).__name__}", advice)
    if penalty is not None and not hasattr(penalty, "bound"):
        raise SpecificationError("penalty must be a Penalty", f"{penalty!r}", "Pass oddsmith.L2(alpha), or None.")


def check_limits(tol: float | None, max_passes: int | None, threads: int | None) -> None:
    """Raise SpecificationError unless these are None or positive."""
    if tol is not None:
        check_positive(tol, "tol", "Leave it out for full precision.")
    for name, value in (("max_passes", max_passes), ("threads", threads)):
        if value is not None:
            check_integer(value, name, "Leave it out for the default.")


def _check_bias_reduction(given: str | None, source: Source, penalty: Penalty | None, solver: str | Solver) -> None:
    if given is None:
        return
    if given != "firth":
        raise SpecificationError("bias_reduction is not known", f"{given!r}", "Use 'firth', or None.")
    what = "Firth's correction"
    if len(source.classes) > 2:
        advice = "Fit two classes at a time, or add a ridge: penalty=L2(alpha)."
        raise SpecificationError(f"{what} is for two classes", f"{len(source.classes)} classes", advice)
    if penalty is not None and penalty.strength > 0.0:
        raise SpecificationError(f"{what} is a penalty of its own", f"{penalty.name} beside it", "Choose one of them.")
    if solver != "auto":
        found = solver if isinstance(solver, str) else solver.name
        raise SpecificationError(f"{what} has a solver of its own", found, "Leave solver out.")


def _check_every_class(source: Source) -> None:
    weights = source.class_weights()
    for weight, label in zip(weights, source.classes, strict=True):
        if weight <= 0.0:
            what = "The target has one class only" if len(weights) == 2 else "A class has no rows"
            raise DataError(what, f"no row of class {label!s} has any weight", "Add such rows.")


def _starting_point(start: Array | None, axes: Axes, objective: Objective, penalty: Penalty) -> Array:
    """The solver's coefficients at raw ones; without these, or where they are worse, zeros that undo the offset."""
    p = len(axes.scale)
    null = np.zeros(objective.size)
    if axes.intercept and objective.source.has_offset:
        null[0] = -objective.source.mean_offset()
    if start is None:
        return null
    raw = np.atleast_2d(np.asarray(start, dtype=np.float64))
    shape = (len(objective.loss.contrasts), 1 + p)
    if raw.shape != shape or not np.isfinite(raw).all():
        raise SpecificationError(f"start must be finite, of shape {shape}", f"shape {np.shape(start)}", "")
    asked = np.concatenate([axes.from_raw(part) for part in objective.loss.contrasts.T @ raw])
    at_null, at_asked = objective.along(null, asked - null, (0.0, 1.0))
    better = at_asked + penalty.value(asked) <= at_null + penalty.value(null)
    return asked if better else null
