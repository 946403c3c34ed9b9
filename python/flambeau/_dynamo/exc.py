"""Exceptions of graph capture, for ``except`` and ``isinstance``: nothing here raises them."""

from __future__ import annotations

from typing import Any


class TorchDynamoException(RuntimeError):
    """An error of graph capture."""


class InternalTorchDynamoError(TorchDynamoException):
    """An error inside of graph capture."""


class Unsupported(TorchDynamoException):
    """What graph capture does not know."""


class BackendCompilerFailed(TorchDynamoException):
    """A compiling backend failed."""


class TorchRuntimeError(TorchDynamoException):
    """An operator failed during capture."""


class InvalidBackend(TorchDynamoException):
    """There is no such backend."""


class ResetRequired(TorchDynamoException):
    """`reset` has to be called first."""


class RecompileError(TorchDynamoException):
    """Compiled again where that is forbidden."""


class FailOnRecompileLimitHit(TorchDynamoException):
    """Compiled again too often."""


class UncapturedHigherOrderOpError(TorchDynamoException):
    """A function given to an operator could not be captured."""


class RestartAnalysis(TorchDynamoException):
    """Capture begins again."""


class TensorifyScalarRestartAnalysis(RestartAnalysis):
    """Capture begins again with numbers as tensors."""


class SkipFrame(TorchDynamoException):
    """A function is left as it is."""


class UserError(Unsupported):
    """An error of the program."""

    def __init__(self, error_type: Any, msg: str, case_name: str | None = None) -> None:
        super().__init__(msg)
        self.error_type, self.message = error_type, msg
