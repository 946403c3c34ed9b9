"""Samples of everything that draws random numbers. Values come from the stream, so types and shapes are compared, and the
values of `out=` and in-place forms under one seed; the numbers themselves are the matter of test_random.py."""

from __future__ import annotations

from typing import Any


def generator(s: Any) -> Any:
    """A generator of its own, at the same place at every call."""
    return s.lib.Generator().manual_seed(7)


def probabilities(s: Any, *shape: int) -> Any:
    return s(shape, low=0.1, high=0.9)


SAMPLES: dict[str, Any] = {
    "rand": lambda s: [(2, 3)],
    "rand.generator": lambda s: [(2, 3), {"generator": generator(s)}],
    "rand_like": lambda s: [s((2, 3))],
    "rand_like.generator": lambda s: [s((2, 3)), {"generator": generator(s)}],
    "randn": lambda s: [(2, 3)],
    "randn.generator": lambda s: [(2, 3), {"generator": generator(s)}],
    "randn_like": lambda s: [s((2, 3))],
    "randn_like.generator": lambda s: [s((2, 3)), {"generator": generator(s)}],
    "randint": lambda s: [9, (2, 3)],
    "randint.generator": lambda s: [9, (2, 3), {"generator": generator(s)}],
    "randint.low": lambda s: [3, 9, (2, 3)],
    "randint.low_generator": lambda s: [3, 9, (2, 3), {"generator": generator(s)}],
    "randint_like": lambda s: [s((2, 3)), 9],
    "randint_like.generator": lambda s: [s((2, 3)), 9, {"generator": generator(s)}],
    "randint_like.low_dtype": lambda s: [s((2, 3)), 3, 9],
    "randint_like.low_generator_dtype": lambda s: [s((2, 3)), 3, 9, {"generator": generator(s)}],
    "randperm": lambda s: [6],
    "randperm.generator": lambda s: [6, {"generator": generator(s)}],
    "normal.Tensor_Tensor": lambda s: [s((2, 3)), s((3,), low=0.5, high=2)],
    "normal.Tensor_float": lambda s: [s((2, 3)), 0.5],
    "normal.float_Tensor": lambda s: [1.5, s((2, 3), low=0.5, high=2)],
    "normal.float_float": lambda s: [1.5, 0.5, (2, 3)],
    "normal_": lambda s: [s((2, 3)), 1.5, 0.5],
    "uniform_": lambda s: [s((2, 3)), -1, 2],
    "cauchy_": lambda s: [s((2, 3)), 1, 2],
    "exponential_": lambda s: [s((2, 3)), 2],
    "geometric_": lambda s: [s((2, 3)), 0.4],
    "log_normal_": lambda s: [s((2, 3)), 0.5, 0.25],
    "random_": lambda s: [s((2, 3))],
    "random_.from": lambda s: [s((2, 3)), 1, 9],
    "random_.to": lambda s: [s((2, 3)), 9],
    "bernoulli": lambda s: [probabilities(s, 2, 3)],
    "bernoulli.p": lambda s: [s((2, 3)), 0.4],
    "bernoulli_.Tensor": lambda s: [s((2, 3)), s((2, 3), dtype="float32", low=0.1, high=0.9)],
    "bernoulli_.float": lambda s: [s((2, 3)), 0.4],
    "binomial": lambda s: [s((2, 3), low=3, high=9), probabilities(s, 3)],
    "poisson": lambda s: [s((2, 3), low=0.5, high=4)],
    "multinomial": lambda s: [s((2, 4), low=0.5, high=4), 2],
    "_standard_gamma": lambda s: [s((2, 3), low=0.5, high=4)],
    "_standard_gamma_grad": lambda s: [s((2, 3), low=0.5, high=4), s((2, 3), low=0.5, high=4)],
    "_sample_dirichlet": lambda s: [s((2, 3), low=0.5, high=4)],
    "_dirichlet_grad": lambda s: [
        s.lib.tensor([[0.25, 0.5, 0.25], [0.125, 0.375, 0.5]]).to(s.type()),
        s.lib.tensor([[0.5, 1.5, 2.0], [2.5, 0.75, 1.0]]).to(s.type()),
        s.lib.tensor([[4.0], [4.25]]).to(s.type()).expand(2, 3).contiguous(),
    ],
    "dropout": lambda s: [s((2, 6)), 0.5, True],
    "dropout_": lambda s: [s((2, 6)), 0.5, True],
    "native_dropout": lambda s: [s((2, 6)), 0.5, True],
    "alpha_dropout": lambda s: [s((2, 6)), 0.5, True],
    "alpha_dropout_": lambda s: [s((2, 6)), 0.5, True],
    "feature_dropout": lambda s: [s((2, 4, 3)), 0.5, True],
    "feature_dropout_": lambda s: [s((2, 4, 3)), 0.5, True],
    "feature_alpha_dropout": lambda s: [s((2, 4, 3)), 0.5, True],
    "feature_alpha_dropout_": lambda s: [s((2, 4, 3)), 0.5, True],
    "rrelu": lambda s: [s((2, 3)), 0.125, 0.25, True],
    "rrelu_": lambda s: [s((2, 3)), 0.125, 0.25, True],
}
_MAKERS = ("rand", "randn", "randint", "randperm", "normal.float_float")
TYPES = {
    **{name: "float32" for name in SAMPLES if name.split(".")[0] in _MAKERS or name in _MAKERS},
    **dict.fromkeys(("_dirichlet_grad", "_standard_gamma_grad"), "float32 bfloat16"),
}
# The values a stream gives depend on the order in which elements are filled; that of `_standard_gamma_grad` does not.
UNSTABLE = {name for name in SAMPLES if not name.endswith("_grad")}
# PyTorch approximates the derivative of the gamma distribution to about four digits; ours is exact (scipy's gammainc).
TOLERANCE = {"_standard_gamma_grad": 2e-4}
NO_GRADIENT = {
    "_standard_gamma": "the sample's dependence on its parameter is not that of one stream",
    "multinomial": "draws indices",
}
