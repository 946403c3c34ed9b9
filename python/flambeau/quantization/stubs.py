"""The older place of `flambeau.ao.quantization.stubs`."""

from flambeau.ao.quantization.stubs import DeQuantStub, QuantStub, QuantWrapper

__all__ = ["DeQuantStub", "QuantStub", "QuantWrapper"]
