"""`python -m flambeau script.py ARGS…`: run a program whose `import torch` gives Flambeau.

python -m flambeau script.py ARGS…     a file (or a folder or zip file with a __main__.py)
python -m flambeau -m module ARGS…     a module
python -m flambeau -c CODE ARGS…       code
"""

from __future__ import annotations

import io
import os
import runpy
import sys
from types import ModuleType


def run_file(path: str) -> None:
    """Run a script as `python path` would."""
    sys.path[0] = os.path.dirname(os.path.abspath(path))
    if os.path.isdir(path) or path.endswith((".zip", ".pyz")):
        runpy.run_path(path, run_name="__main__")
        return
    with io.open_code(os.path.abspath(path)) as stream:
        text = stream.read()
    main = ModuleType("__main__")
    main.__dict__.update(__file__=path, __builtins__=__builtins__)
    sys.modules["__main__"] = main
    exec(compile(text, path, "exec", dont_inherit=True), main.__dict__)


def run_code(code: str) -> None:
    """Run code as `python -c` would."""
    main = ModuleType("__main__")
    main.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = main
    exec(compile(code, "<string>", "exec", dont_inherit=True), main.__dict__)


def main() -> int:
    """Read the command line, install, run."""
    from flambeau._as_torch import hand_on_to_programs, install_as_torch

    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__.strip())
        return 0 if arguments else 2
    if arguments[0] in ("-m", "-c"):
        if len(arguments) < 2:
            print(f"python -m flambeau {arguments[0]}: an argument is missing", file=sys.stderr)
            return 2
        install_as_torch()
        hand_on_to_programs()
        sys.argv = [arguments[0], *arguments[2:]]
        sys.path[0] = ""
        if arguments[0] == "-c":
            run_code(arguments[1])
        else:
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        return 0
    if arguments[0].startswith("-"):
        print(f"python -m flambeau: option {arguments[0]!r} is not known; -m, -c and a path are", file=sys.stderr)
        return 2
    if not os.path.exists(arguments[0]):
        print(f"python -m flambeau: no file {arguments[0]!r}", file=sys.stderr)
        return 2
    install_as_torch()
    hand_on_to_programs()
    sys.argv = arguments
    run_file(arguments[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
