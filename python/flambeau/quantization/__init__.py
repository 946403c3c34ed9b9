"""The older place of `flambeau.ao.quantization`."""

from flambeau._absent_rooms import fill
from flambeau.ao.quantization import DeQuantStub, QuantStub, QuantWrapper

__all__ = ["DeQuantStub", "QuantStub", "QuantWrapper"]

fill(globals())
