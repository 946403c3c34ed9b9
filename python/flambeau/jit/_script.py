"""Where PyTorch keeps `script`."""

from flambeau.jit import RecursiveScriptModule, ScriptFunction, ScriptModule, script, script_method

__all__ = ["RecursiveScriptModule", "ScriptFunction", "ScriptModule", "script", "script_method"]
