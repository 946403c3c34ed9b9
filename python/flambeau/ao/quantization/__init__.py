"""Quantization: the stubs that models carry, and the names of what is not there."""

from flambeau._absent_rooms import fill

from .stubs import DeQuantStub, QuantStub, QuantWrapper

__all__ = ["DeQuantStub", "QuantStub", "QuantWrapper"]

fill(globals())
