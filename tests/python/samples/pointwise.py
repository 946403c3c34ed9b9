"""Samples of the further pointwise operators: division, powers, bounds, special functions, activations, complex parts."""

from __future__ import annotations

from typing import Any

from . import calls

_UNARY = """angle signbit isposinf isneginf isreal deg2rad rad2deg sinc frac round i0 special_i0e special_i1 special_i1e special_erfcx
special_ndtr special_log_ndtr special_bessel_j0 special_bessel_j1 special_modified_bessel_i0 special_modified_bessel_i1
special_spherical_bessel_j0 special_airy_ai mish elu selu celu leaky_relu relu6 hardtanh hardsigmoid hardswish hardshrink softshrink
log_sigmoid nan_to_num absolute negative fix special_erf special_erfc special_exp2 special_expit special_expm1 special_sinc special_i0
special_round arctan arcsinh frexp.Tensor"""
_POSITIVE = """lgamma digamma special_entr special_bessel_y0 special_bessel_y1 special_modified_bessel_k0 special_modified_bessel_k1
special_scaled_modified_bessel_k0 special_scaled_modified_bessel_k1 special_gammaln special_digamma special_psi special_log1p"""
_UNIT = "logit special_logit special_ndtri special_erfinv arccos arcsin arctanh"
_BINARY = """fmin fmax max.other min.other hypot atan2 arctan2 copysign.Tensor nextafter ldexp.Tensor logaddexp logaddexp2 clamp_min clamp_max
multiply.Tensor subtract.Tensor divide.Tensor true_divide.Tensor greater.Tensor greater_equal.Tensor less.Tensor less_equal.Tensor
not_equal.Tensor"""
_DIVISION = "floor_divide remainder.Tensor fmod.Tensor"
_POWER = "pow.Tensor_Tensor float_power.Tensor_Tensor"
_GAMMA = "igamma igammac special_gammainc special_gammaincc xlogy.Tensor special_xlogy.Tensor special_xlog1py"
_INTEGER = "gcd lcm bitwise_left_shift.Tensor bitwise_right_shift.Tensor __lshift__.Tensor __rshift__.Tensor"
_POLYNOMIAL = """chebyshev_polynomial_t chebyshev_polynomial_u chebyshev_polynomial_v chebyshev_polynomial_w hermite_polynomial_h
hermite_polynomial_he laguerre_polynomial_l legendre_polynomial_p shifted_chebyshev_polynomial_t shifted_chebyshev_polynomial_u
shifted_chebyshev_polynomial_v shifted_chebyshev_polynomial_w"""


def _even(s: Any, size: int) -> Any:
    """Divisors (multiples of 1/16 where the others are odd ones of 1/32) whose quotients are never whole numbers, at
    which rounding has a step."""
    divisor = s((size,), low=1, high=3)
    return divisor + 1 / 32 if divisor.is_floating_point() or divisor.is_complex() else divisor


SAMPLES: dict[str, Any] = {
    **{name: lambda s: calls((s((2, 4)),), (s(()),)) for name in _UNARY.split()},
    **{name: lambda s: [s((2, 4), low=0.25, high=4)] for name in _POSITIVE.split()},
    **{name: lambda s: [s((2, 4), low=0.125, high=0.875)] for name in _UNIT.split()},
    "arccosh": lambda s: [s((2, 4), low=1.25, high=4)],
    **{name: lambda s: calls((s((2, 4)), s((4,)))) for name in _BINARY.split()},
    **{name: lambda s: calls((s((2, 4)), s((4,), low=1, high=4)), (s((3,)), 2)) for name in _DIVISION.split()},
    **{
        name: lambda s: calls(
            (s((2, 4), low=1, high=3), s((4,), low=0, high=3)), (s((3,)), 2), (2, s((3,), low=0, high=3))
        )
        for name in _POWER.split()
    },
    **{name: lambda s: [s((2, 4), low=0.5, high=4), s((4,), low=0.5, high=4)] for name in _GAMMA.split()},
    **{name: lambda s: [s((2, 4), low=1, high=9), s((4,), low=1, high=5)] for name in _INTEGER.split()},
    **{f"special_{name}": lambda s: [s((2, 4), low=-0.9, high=0.9), 3] for name in _POLYNOMIAL.split()},
    "special_zeta": lambda s: [s((4,), low=1.5, high=4), s((4,), low=0.5, high=4)],
    **{
        name: lambda s: calls(
            (s((2, 4)), _even(s, 4), {"rounding_mode": "floor"}),
            (s((4,)), _even(s, 4), {"rounding_mode": "trunc"}),
            (s((4,)), 2, {"rounding_mode": None}),
        )
        for name in ("div.Tensor_mode", "divide.Tensor_mode")
    },
    "__rpow__": lambda s: [s((2, 4), low=0.25, high=2), s((4,), low=1, high=3)],
    "_glu_halves": lambda s: [s((2, 4)), s((2, 4))],
    "_nan_to_num_values": lambda s: [s((2, 4)), 0.5, 2, -2],
    "_polygamma": lambda s: [s((4,), low=0.5, high=4), 2],
    "special_polygamma": lambda s: [2, s((4,), low=0.5, high=4)],
    "special_multigammaln": lambda s: [s((4,), low=2, high=5), 2],
    "_round_scaled": lambda s: calls((s((2, 4)), 10, False), (s((2, 4)), 10, True)),
    "log_sigmoid_forward": lambda s: [s((2, 4))],
    "clamp": lambda s: calls((s((2, 4)), -1, 1), (s((4,)), {"max": 0}), (s((4,)), 0.5)),
    "clamp.Tensor": lambda s: [s((2, 4)), s((4,), low=-1, high=0), s((4,), low=0, high=1)],
    "clip": lambda s: [s((2, 4)), 0, 1],
    "clip.Tensor": lambda s: [s((2, 4)), s((4,), low=-1, high=0)],
    "heaviside": lambda s: [s((2, 4)), s((4,))],
    "lerp.Tensor": lambda s: calls((s((2, 4)), s((4,)), 0.25), (s((4,)), s((4,)), s((4,)))),
    "round.decimals": lambda s: [s((2, 4)), {"decimals": 1}],
    "polygamma": lambda s: [2, s((4,), low=0.5, high=4)],
    "mvlgamma": lambda s: [s((4,), low=2, high=5), 2],
    "complex": lambda s: [s((4,)), s((4,))],
    "conj_physical": lambda s: [s((2, 4))],
    "_conj_physical": lambda s: [s((2, 4))],
    "polar": lambda s: [s((4,), low=0.5, high=2), s((4,))],
    "glu": lambda s: calls((s((2, 4)),), (s((4, 3)), 0)),
    "prelu": lambda s: [s((2, 3, 2)), s((3,), low=0.125, high=0.5)],
    "_prelu_kernel": lambda s: [s((2, 3)), s((2, 3), low=0.125, high=0.5)],
    "threshold": lambda s: [s((2, 4)), 0.5, 20],
    "positive": lambda s: [s((2, 4))],
}
TYPES = {"complex": "float32", "polar": "float32", "prelu": "float32 bfloat16", "_nan_to_num_values": "float32 bfloat16",
         "_round_scaled": "float32 bfloat16"}  # fmt: skip
IN_PLACE_TYPE = {"float_power.Tensor_Tensor": "computes in double precision and writes nothing narrower"}
NO_GRADIENT = {"igamma": "the derivative in the first argument is missing",
               "igammac": "the derivative in the first argument is missing", "special_gammainc": "the same", "special_gammaincc": "the same",
               "special_zeta": "the derivative in the first argument is missing"}  # fmt: skip
