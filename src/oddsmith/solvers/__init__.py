"""OPEN: how the optimum is found. Add a file, and a line here."""

from oddsmith.solvers.base import Smooth, Solution, Solver, Step, continued, may_run_off
from oddsmith.solvers.gradient_descent import GradientDescent
from oddsmith.solvers.newton import Newton
from oddsmith.solvers.newton_cg import NewtonCG
from oddsmith.solvers.scipy_minimize import ScipyBFGS, ScipyCG, ScipyLBFGS
from oddsmith.solvers.sketched_newton import SketchedNewton
from oddsmith.solvers.sketches import Metric

CATALOGUE: dict[str, type[Solver]] = {
    solver.name: solver
    for solver in (SketchedNewton, Newton, NewtonCG, GradientDescent, ScipyCG, ScipyBFGS, ScipyLBFGS)
}

__all__ = [
    "CATALOGUE",
    "GradientDescent",
    "Metric",
    "Newton",
    "NewtonCG",
    "ScipyBFGS",
    "ScipyCG",
    "ScipyLBFGS",
    "SketchedNewton",
    "Smooth",
    "Solution",
    "Solver",
    "Step",
    "continued",
    "may_run_off",
]
