"""OPEN: how the optimum is found. Add a file, and a line here."""

from oddsmith.solvers.base import Smooth, Solution, Solver, Step, continued, may_run_off
from oddsmith.solvers.composite import Composite
from oddsmith.solvers.face import Face
from oddsmith.solvers.gradient_descent import GradientDescent
from oddsmith.solvers.kronecker import Kronecker
from oddsmith.solvers.models import Model
from oddsmith.solvers.newton import Newton
from oddsmith.solvers.newton_cg import NewtonCG
from oddsmith.solvers.proximal_newton import ProximalNewton, largest_alpha
from oddsmith.solvers.quasi_newton import Metric
from oddsmith.solvers.scipy_minimize import ScipyBFGS, ScipyCG, ScipyLBFGS
from oddsmith.solvers.sketched_newton import SketchedNewton
from oddsmith.solvers.sketches import Sketch
from oddsmith.solvers.working_set import Workspace

CATALOGUE: dict[str, type[Solver]] = {
    solver.name: solver
    for solver in (SketchedNewton, Newton, NewtonCG, ProximalNewton, GradientDescent, ScipyCG, ScipyBFGS, ScipyLBFGS)
}

__all__ = [
    "CATALOGUE",
    "Composite",
    "Face",
    "GradientDescent",
    "Kronecker",
    "Metric",
    "Model",
    "Newton",
    "NewtonCG",
    "ProximalNewton",
    "ScipyBFGS",
    "ScipyCG",
    "ScipyLBFGS",
    "Sketch",
    "SketchedNewton",
    "Smooth",
    "Solution",
    "Solver",
    "Step",
    "Workspace",
    "continued",
    "largest_alpha",
    "may_run_off",
]
