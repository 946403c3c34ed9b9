"""`OptimizedModule`, the class of compiled modules: nothing is an instance of it."""

from __future__ import annotations

from flambeau._absent import absent_class

OptimizedModule = absent_class("_dynamo", "OptimizedModule", "a compiled module", NotImplementedError)
OptimizedModule.__module__ = __name__
