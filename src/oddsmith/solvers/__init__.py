"""OPEN: how the optimum is found. Add a file, and a line here."""

from oddsmith.solvers.base import Smooth, Solution, Solver, Step
from oddsmith.solvers.gradient_descent import GradientDescent
from oddsmith.solvers.newton import Newton
from oddsmith.solvers.sketched_newton import SketchedNewton

__all__ = ["GradientDescent", "Newton", "SketchedNewton", "Smooth", "Solution", "Solver", "Step"]
