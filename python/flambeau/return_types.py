"""The types of results with named parts: ``return_types.max`` is the type of ``max(x, dim)``'s result.

They are made by the operators; a type is here as soon as its name is asked for.
"""

from __future__ import annotations

from typing import Any

# A small call of each operator whose result has names: (operator, positional arguments made from a 2×2 matrix).
_CALLS: dict[str, Any] = {
    **{
        name: lambda f, m: f(m, 0) for name in ("max", "min", "median", "nanmedian", "mode", "cummax", "cummin", "sort")
    },
    "kthvalue": lambda f, m: f(m, 1, 0),
    "topk": lambda f, m: f(m, 1),
    "aminmax": lambda f, m: f(m),
    "frexp": lambda f, m: f(m),
    "slogdet": lambda f, m: f(m),
    "qr": lambda f, m: f(m),
    "svd": lambda f, m: f(m),
    "geqrf": lambda f, m: f(m),
    "triangular_solve": lambda f, m: f(m, m),
}


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    import flambeau

    matrix = flambeau.tensor([[2.0, 1.0], [1.0, 3.0]])
    call = _CALLS.get(name)
    place: Any = flambeau
    if name.startswith("linalg_"):
        call, place = (
            (lambda f, m: f(m, m)) if "solve" in name or "lstsq" in name else (lambda f, m: f(m)),
            flambeau.linalg,
        )
    if call is None:
        raise AttributeError(f"module 'flambeau.return_types' has no attribute {name!r}")
    try:
        kind = type(call(getattr(place, name.removeprefix("linalg_")), matrix))
    except (AttributeError, NotImplementedError) as error:
        raise AttributeError(f"return_types.{name}: the operator is missing ({error})") from None
    globals()[name] = kind
    return kind


def __dir__() -> list[str]:
    return sorted({*globals(), *_CALLS})
