"""Where older programs look for what :mod:`flambeau.cuda.amp` says of the device."""

from flambeau.cuda.amp import amp_definitely_not_available

__all__ = ["amp_definitely_not_available"]
