"""Several problems on the same rows, solved side by side, whose passes over the data are made together.

Each problem has a solver of its own, in a thread of its own, and knows nothing of the others. Where it asks for a pass
it waits until all that still run have asked for theirs; then one pass serves them all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import Array
from oddsmith.evaluation import Evaluation, evaluate_block
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from oddsmith.sources import Block, Source

T = TypeVar("T")


class AgainstRest(Source):
    """The same rows for a question of two answers: is it this class (1), or any other (0)?"""

    def __init__(self, source: Source, label: int) -> None:
        self.schema, self.classes, self.rows = source.schema, np.array([False, True]), source.rows
        self._source, self._label = source, label

    def blocks(self) -> Iterator[Block]:
        for block in self._source.blocks():
            yield replace(block, target=(block.target == self._label).astype(np.float64))

    def sample(self, rows: int, seed: int) -> Source:
        return AgainstRest(self._source.sample(rows, seed), self._label)

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[Source]:
        for batch in self._source.batches(size, rng):
            yield AgainstRest(batch, self._label)


@dataclass(frozen=True)
class _Request:
    """A pass that a problem asks for."""

    rows: SharedRows
    label: int
    beta: Array  # with the intercept
    order: int


class Meeting:
    """Where the problems of one group wait for one another."""

    def __init__(self, members: int) -> None:
        self._absent = members  # those that run, and have not asked
        self._asked: list[_Request] = []
        self._answers: dict[int, Evaluation | BaseException] = {}
        self._changed = threading.Condition()
        self._cancelled = False

    def ask(self, request: _Request) -> Evaluation:
        """The answer to a request, when the pass has been made."""
        with self._changed:
            self._asked.append(request)
            self._absent -= 1
            self._proceed()
            while request.label not in self._answers:
                if self._cancelled:
                    raise InterruptedError("the fits were interrupted")
                self._changed.wait()
            answer = self._answers.pop(request.label)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def leave(self) -> None:
        """To be called once by each problem, when it will ask no more."""
        with self._changed:
            self._absent -= 1
            self._proceed()

    def cancel(self) -> None:
        """End all that wait, or will."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    def _proceed(self) -> None:
        """Make a pass if all that run have asked for one: over the fewest rows, so that those who wait gain company."""
        if self._absent or not self._asked or self._cancelled:
            return
        first = min(self._asked, key=lambda request: (request.rows.source.rows, request.order))
        together = [r for r in self._asked if r.rows is first.rows and r.order == first.order]
        self._asked = [r for r in self._asked if r not in together]
        try:
            found: list[Evaluation] | list[BaseException] = first.rows.evaluate(together)
        except BaseException as error:
            found = [error] * len(together)
        self._answers.update(zip([r.label for r in together], found, strict=True))
        self._absent += len(together)
        self._changed.notify_all()


class SharedRows:
    """Rows of many classes, whose problems of one class against the rest meet for their passes."""

    def __init__(self, source: Source, meeting: Meeting, threads: int | None) -> None:
        self.source, self.meeting, self.threads = source, meeting, threads
        self._samples: dict[tuple[int, int], SharedRows] = {}
        self._moments: Array | None = None
        self._lock = threading.Lock()

    def evaluate(self, requests: list[_Request]) -> list[Evaluation]:
        """The mean losses of several requests of the same order, in one pass."""
        labels = np.array([r.label for r in requests], dtype=np.float64)
        beta = np.array([r.beta for r in requests])
        part = partial(_evaluate_each, labels=labels, beta=beta, order=requests[0].order, threads=self.threads)
        return [total.mean() for total in self.source.sum(part).each]

    def sample(self, rows: int, seed: int) -> SharedRows:
        """The same sample for all who ask."""
        with self._lock:
            if (rows, seed) not in self._samples:
                self._samples[rows, seed] = SharedRows(self.source.sample(rows, seed), self.meeting, self.threads)
            return self._samples[rows, seed]

    def second_moments(self, objective: Objective) -> Array:
        """Those that any of the problems finds: they do not depend on the target."""
        with self._lock:
            if self._moments is None:
                self._moments = Objective.second_moments(objective)
            return self._moments


class SharedObjective(Objective):
    """The mean logistic loss of one class against the rest. Its passes of `evaluate` are shared."""

    def __init__(self, rows: SharedRows, label: int, *, intercept: bool) -> None:
        super().__init__(AgainstRest(rows.source, label), Logistic(), intercept=intercept, threads=rows.threads)
        self._shared, self._label = rows, label

    def evaluate(self, beta: Array, order: int = 1) -> Evaluation:
        self.passes += 1
        return self._free(self._shared.meeting.ask(_Request(self._shared, self._label, self._full(beta), order)))

    def evaluate_by(self, part: Objective, some: Array, beta: Array) -> Evaluation:
        return self.evaluate(beta)  # a pass that all share is worth more than one that reads less

    def second_moments(self) -> Array:
        return self._shared.second_moments(self)

    def sample(self, rows: int, seed: int) -> Objective:
        return SharedObjective(self._shared.sample(rows, seed), self._label, intercept=self.intercept)


def side_by_side(rows: SharedRows, labels: range, solve: Callable[[int, Objective], T], *, intercept: bool) -> list[T]:
    """solve(label, objective) for every label, all at once, their passes shared: as many as meet at `rows`."""

    def work(label: int) -> T:
        try:
            return solve(label, SharedObjective(rows, label, intercept=intercept))
        finally:
            rows.meeting.leave()

    with ThreadPoolExecutor(len(labels)) as pool:
        running = [pool.submit(work, label) for label in labels]
        try:
            done, _ = wait(running, return_when=FIRST_EXCEPTION)
            broken = [future for future in running if future in done and future.exception() is not None]
            return [future.result() for future in broken or running]
        finally:
            rows.meeting.cancel()  # nobody is left, unless one failed or the user interrupts


@dataclass(frozen=True)
class _Several:
    each: tuple[Evaluation, ...]

    def __add__(self, other: _Several) -> _Several:
        return _Several(tuple(a + b for a, b in zip(self.each, other.each, strict=True)))


def _evaluate_each(block: Block, *, labels: Array, beta: Array, order: int, threads: int | None) -> _Several:
    sweep = kernels.sweep_for("one_vs_rest", block.design.kind)
    if sweep is None:
        own = [replace(block, target=(block.target == label).astype(np.float64)) for label in labels]
        one = partial(evaluate_block, loss=Logistic(), order=order, threads=threads)
        return _Several(tuple(one(part, beta=b) for part, b in zip(own, beta, strict=True)))
    count, width = beta.shape
    value, gradient = np.zeros(count), np.zeros(beta.shape) if order >= 1 else None
    hessian = np.zeros((count, width, width)) if order >= 2 else None
    threads = kernels.threads_for(block.design.shape[0] * beta.size * (width if order >= 2 else 1), threads)
    rows = (block.target, block.weight, block.offset, labels)
    reach = sweep(*block.design.operands, *rows, beta, value, gradient, hessian, threads)
    return _Several(
        tuple(
            Evaluation(
                float(value[k]),
                None if gradient is None else gradient[k],
                None if hessian is None else hessian[k],
                block.total_weight,
                reach,
            )
            for k in range(count)
        )
    )
