"""`flambeau.cpu.amp.autocast_mode`: the module of that name in PyTorch."""

from flambeau.cpu.amp import autocast as autocast

__all__ = ["autocast"]
