"""Double-double arithmetic: a number as the unevaluated sum of two doubles, about 32 digits, for whole arrays.

Every operation rests on sums and products whose rounding error is itself a double, and found exactly: Dekker (1971), *A
floating-point technique for extending the available precision*; Knuth, *The Art of Computer Programming*, volume 2,
section 4.2.2. The operations are those of Hida, Li and Bailey (2001), *Algorithms for quad-double precision floating
point arithmetic*. Doubles alone are needed: long doubles have no more digits than these on many machines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oddsmith.arrays import Array

SPLITTER = 2.0**27 + 1.0
# log 2 in three parts, the first of which ends in zeros: k times it is exact
LN2 = tuple(map(float.fromhex, ("0x1.62e42fefa3800p-1", "0x1.ef35793c76730p-45", "0x1.f97b57a079a19p-103")))
HALVINGS = 8  # exp(x) = exp(x / 2^8)^(2^8)
LOWEST = -708.0  # exp is held there, so that no denormal slows a loop


@dataclass(frozen=True, eq=False)
class Extended:
    """hi + lo, where lo is at most half a unit in the last place of hi.

    Parameters
    ----------
    hi, lo : arrays of one shape
    """

    hi: Array
    lo: Array
    __array_ufunc__ = None  # so that an array on the left asks this class

    @classmethod
    def of(cls, value: Any) -> Extended:
        """The same number."""
        hi = np.asarray(value, dtype=np.float64)
        return cls(hi, np.zeros_like(hi))

    @classmethod
    def joined(cls, *parts: Extended, axis: int = 0) -> Extended:
        """Several, one after another."""
        return cls(np.concatenate([p.hi for p in parts], axis), np.concatenate([p.lo for p in parts], axis))

    def normalised(self) -> Extended:
        """The same number, where lo may have grown too large."""
        return Extended(*two_sum(self.hi, self.lo))

    @property
    def value(self) -> Array:
        """Rounded to double."""
        return self.hi + self.lo

    def __getitem__(self, index: Any) -> Extended:
        return Extended(self.hi[index], self.lo[index])

    def reshape(self, *shape: int) -> Extended:
        return Extended(self.hi.reshape(*shape), self.lo.reshape(*shape))

    @property
    def T(self) -> Extended:  # noqa: N802 - as in NumPy
        return Extended(self.hi.T, self.lo.T)

    def __neg__(self) -> Extended:
        return Extended(-self.hi, -self.lo)

    def __add__(self, other: Extended | Array | float) -> Extended:
        if not isinstance(other, Extended):
            total, error = two_sum(self.hi, other)
            return Extended(*_quick_sum(total, error + self.lo))
        total, error = two_sum(self.hi, other.hi)
        low, rest = two_sum(self.lo, other.lo)
        total, error = _quick_sum(total, error + low)
        return Extended(*_quick_sum(total, error + rest))

    __radd__ = __add__

    def __sub__(self, other: Extended | Array | float) -> Extended:
        return self + (-1.0 * other)

    def __rsub__(self, other: Array | float) -> Extended:
        return -self + other

    def __mul__(self, other: Extended | Array | float) -> Extended:
        if not isinstance(other, Extended):
            product, error = two_product(self.hi, other)
            return Extended(*_quick_sum(product, error + self.lo * other))
        product, error = two_product(self.hi, other.hi)
        return Extended(*_quick_sum(product, error + (self.hi * other.lo + self.lo * other.hi)))

    __rmul__ = __mul__

    def __truediv__(self, other: Extended | Array | float) -> Extended:
        divisor = other if isinstance(other, Extended) else Extended.of(other)
        first = self.hi / divisor.hi
        second = (self - divisor * first).hi / divisor.hi
        return Extended(*_quick_sum(first, second))

    def over(self, scale: Array) -> Extended:
        """Divided by a scale; 0 where that is infinite, as it is of a constant column."""
        return (self / np.where(np.isinf(scale), 1.0, scale)) * np.where(np.isinf(scale), 0.0, 1.0)

    def where(self, condition: Any, other: Extended) -> Extended:
        """Where the condition holds this number, elsewhere the other."""
        return Extended(np.where(condition, self.hi, other.hi), np.where(condition, self.lo, other.lo))

    def sum(self, axis: int = 0) -> Extended:
        """Along an axis, by halves."""
        hi, lo = np.moveaxis(self.hi, axis, 0), np.moveaxis(self.lo, axis, 0)
        whole = 1 << max(0, len(hi) - 1).bit_length()
        left = Extended.joined(Extended(hi, lo), Extended.of(np.zeros((whole - len(hi), *hi.shape[1:]))))
        while (half := len(left.hi) // 2) > 0:
            left = left[:half] + left[half:]
        return left[0]

    def exp(self) -> Extended:
        """The exponential, to about 22 digits; held at exp(-708) below, and without regard to overflow above."""
        held = Extended.of(LOWEST).where(self.hi < LOWEST, self)
        k = np.rint(held.hi / LN2[0])
        r = held
        for part in LN2:
            product, error = two_product(-k, part)
            r = r + Extended(product, error)
        r = Extended(r.hi * 0.5**HALVINGS, r.lo * 0.5**HALVINGS)
        x = r.hi  # at most 0.0014: of the terms from x^3 on, doubles keep 22 digits of the sum
        tail = x * x * x * (1 / 6 + x * (1 / 24 + x * (1 / 120 + x * (1 / 720 + x * (1 / 5040)))))
        q = r + r * r * 0.5 + tail  # exp(r) - 1
        for _ in range(HALVINGS):
            q = q * 2.0 + q * q
        e = q + 1.0
        return Extended(np.ldexp(e.hi, k.astype(int)), np.ldexp(e.lo, k.astype(int)))


def two_sum(a: Any, b: Any) -> tuple[Array, Array]:
    """A + b rounded, and its rounding error (Knuth)."""
    total = a + b
    of_b = total - a
    return total, (a - (total - of_b)) + (b - of_b)


def two_product(a: Any, b: Any) -> tuple[Array, Array]:
    """A b rounded, and its rounding error, by halves of 26 digits (Dekker, Veltkamp)."""
    product = a * b
    a_hi, a_lo = _halves(a)
    b_hi, b_lo = _halves(b)
    return product, ((a_hi * b_hi - product) + a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo


def _halves(a: Any) -> tuple[Array, Array]:
    scaled = SPLITTER * a
    high = scaled - (scaled - a)
    return high, a - high


def _quick_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """As two_sum, where |a| >= |b|."""
    total = a + b
    return total, b - (total - a)
