"""Sobol sequences in up to 21,201 dimensions, scrambled or not.

`joe_kuo.bin` holds the parameters of S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional
projections", SIAM J. Sci. Comput. 30 (2008): for every primitive polynomial of degree s = 1 … 18, by increasing number,
its s - 1 inner coefficients, and of each initial number m₂ … m_s, which are odd and below 2ⁱ, the i - 1 bits above the
lowest; the bits of a polynomial begin at a new byte, lowest first. The first dimension needs none.
"""

from __future__ import annotations

import pkgutil
from typing import Any

import flambeau

__all__ = ["SobolEngine"]

_BITS = 30
# How many primitive polynomials there are of each degree from 1 on.
_COUNTS = (1, 1, 2, 2, 6, 6, 18, 16, 48, 60, 176, 144, 630, 756, 1800, 2048, 7710, 7776)


def _direction_numbers(dimension: int) -> Any:
    """The direction numbers (dimension, 30) as integers of 30 bits."""
    data = pkgutil.get_data("flambeau.quasirandom", "joe_kuo.bin") or b""
    groups = [flambeau.ones(1, _BITS, dtype=flambeau.int64)]
    left, start = dimension - 1, 0
    for degree, count in enumerate(_COUNTS, start=1):
        taken = min(left, count)
        if not taken:
            break
        length = (degree - 1 + degree * (degree - 1) // 2 + 7) // 8
        inner, initial = [], []
        for number in range(taken):
            place = start + number * length
            bits = int.from_bytes(data[place : place + length], "little")
            inner.append([bits >> k & 1 for k in range(degree - 1)])
            bits >>= degree - 1
            numbers = [1]
            for i in range(1, degree):
                numbers.append((bits & ((1 << i) - 1)) << 1 | 1)
                bits >>= i
            initial.append(numbers)
        start += count * length
        left -= taken
        columns = list(flambeau.tensor(initial, dtype=flambeau.int64).unbind(1))
        coefficients = flambeau.tensor(inner, dtype=flambeau.int64).reshape(taken, degree - 1).unbind(1)
        for _ in range(degree, _BITS):
            value = columns[-degree] ^ (columns[-degree] << degree)
            for k, coefficient in enumerate(coefficients, start=1):
                value = value ^ (coefficient * (columns[-k] << k))
            columns.append(value)
        groups.append(flambeau.stack(columns, 1))
    return flambeau.cat(groups) << flambeau.arange(_BITS - 1, -1, -1)


class SobolEngine:
    """Draws the points of a Sobol sequence, one after the other.

    Args:
        dimension: coordinates of a point, 1 to 21201.
        scramble: shift and scramble the points by random bits (Matoušek, "On the L2-discrepancy for anchored boxes",
            J. Complexity 14 (1998)), which keeps them even.
        seed: of those bits; None takes Flambeau's own random numbers.
    """

    MAXBIT = _BITS
    MAXDIM = sum(_COUNTS) + 1

    def __init__(self, dimension: int, scramble: bool = False, seed: int | None = None) -> None:
        if not isinstance(dimension, int):
            raise TypeError(f"SobolEngine: dimension is {dimension!r}, an int is wanted")
        if not 1 <= dimension <= self.MAXDIM:
            raise ValueError(f"SobolEngine: dimension is {dimension}, 1 to {self.MAXDIM} are there")
        self.seed, self.scramble, self.dimension = seed, scramble, dimension
        self.sobolstate = _direction_numbers(dimension)
        self.shift = flambeau.zeros(dimension, dtype=flambeau.int64)
        if scramble:
            self._scramble()
        self.quasi = self.shift.clone()
        self._first_point = (self.quasi / 2**self.MAXBIT).reshape(1, -1)
        self.num_generated = 0

    def _scramble(self) -> None:
        """Multiply the digits by a random lower triangular matrix over two elements, and draw a shift."""
        generator = None
        if self.seed is not None:
            generator = flambeau.Generator()
            generator.manual_seed(self.seed)
        powers = 1 << flambeau.arange(self.MAXBIT)
        shift = flambeau.randint(2, (self.dimension, self.MAXBIT), generator=generator)
        self.shift = (shift * powers).sum(1)
        size = (self.dimension, self.MAXBIT, self.MAXBIT)
        matrix = flambeau.randint(2, size, generator=generator).tril()
        matrix.diagonal(dim1=-2, dim2=-1).fill_(1)
        digits = self.sobolstate.unsqueeze(-1) >> flambeau.arange(self.MAXBIT - 1, -1, -1) & 1  # the highest first
        scrambled = (matrix.double() @ digits.double().mT).long() & 1  # (dimension, digit, number); sums stay below 31
        self.sobolstate = (scrambled * powers.flip(0).reshape(-1, 1)).sum(1)

    def _after(self, number: Any) -> Any:
        """The points of the given numbers, as integers: their direction numbers by the Gray code of each, joined."""
        gray = number ^ (number >> 1)
        points = self.shift.expand(*number.shape, self.dimension)
        for bit in range(max(1, int(number.max() if number.numel() else 0).bit_length())):
            points = points ^ ((gray >> bit & 1).unsqueeze(-1) * self.sobolstate[:, bit])
        return points

    def draw(self, n: int = 1, out: Any = None, dtype: Any = None) -> Any:
        """The next `n` points, (n, dimension), in [0, 1).

        Args:
            n: how many.
            out: a tensor that takes them.
            dtype: of the result; the default type if not given.
        """
        if n < 0:
            raise RuntimeError(f"SobolEngine.draw: n is {n}, it must not be negative")
        dtype = flambeau.get_default_dtype() if dtype is None else dtype
        if not dtype.is_floating_point:
            raise NotImplementedError(f"SobolEngine.draw: dtype is {dtype}, a floating point type is wanted")
        points = self._after(flambeau.arange(self.num_generated, self.num_generated + n))
        self.num_generated += n
        if n:
            self.quasi = points[-1].clone()
        result = points.to(dtype) * 2.0**-self.MAXBIT
        if n and self.num_generated == n:
            result[0] = self._first_point[0].to(dtype)  # of the default type when the engine was made, as in PyTorch
        if out is None:
            return result
        out.resize_(result.shape).copy_(result)
        return out

    def draw_base2(self, m: int, out: Any = None, dtype: Any = None) -> Any:
        """The next 2ᵐ points.

        Raises:
            ValueError: the number of points drawn would then be no power of 2, and they would not be balanced.
        """
        n = 2**m
        total = self.num_generated + n
        if total & (total - 1):
            raise ValueError(
                f"SobolEngine.draw_base2: {self.num_generated} points have been drawn; with {n} more they are {total}, "
                "no power of 2; draw() does it all the same"
            )
        return self.draw(n=n, out=out, dtype=dtype)

    def reset(self) -> SobolEngine:
        """Begin anew."""
        self.quasi.copy_(self.shift)
        self.num_generated = 0
        return self

    def fast_forward(self, n: int) -> SobolEngine:
        """Leave out the next `n` points."""
        if n < 0:
            raise RuntimeError(f"SobolEngine.fast_forward: n is {n}, it must not be negative")
        self.num_generated += n
        if n:
            self.quasi = self._after(flambeau.tensor([self.num_generated - 1]))[0]
        return self

    def __repr__(self) -> str:
        told = [f"dimension={self.dimension}"]
        if self.scramble:
            told.append("scramble=True")
        if self.seed is not None:
            told.append(f"seed={self.seed}")
        return f"SobolEngine({', '.join(told)})"
