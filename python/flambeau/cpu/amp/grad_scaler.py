"""`flambeau.cpu.amp.grad_scaler`: the module of that name in PyTorch."""

from flambeau.cpu.amp import GradScaler as GradScaler

__all__ = ["GradScaler"]
