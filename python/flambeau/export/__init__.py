"""Export of programs as graphs. Not there yet."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["Dim", "ExportedProgram", "export", "load", "save"]


def _refusal(name: str) -> Any:
    def refused(*args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(
            f"export.{name}: programs are not exported yet; save(model.state_dict()) keeps what was learned"
        )

    refused.__name__ = name
    refused.__doc__ = "Not available: programs are not exported."
    return refused


export, save, load, Dim = map(_refusal, ("export", "save", "load", "Dim"))
ExportedProgram = type("ExportedProgram", (), {"__init__": _refusal("ExportedProgram"), "__module__": __name__})
