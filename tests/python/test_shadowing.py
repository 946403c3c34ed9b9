"""Importing a submodule never changes what a public name of its package means."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Prints what each name of a submodule is as an attribute of its package, before or after all submodules were imported.
SCRIPT = """
import importlib, os, pkgutil, sys, warnings
warnings.simplefilter("ignore")
import flambeau

def submodules(paths, package):
    for found in pkgutil.iter_modules(paths):
        if not found.name.startswith("_"):
            yield package, found.name
            if found.ispkg:
                yield from submodules([os.path.join(p, found.name) for p in paths], package + "." + found.name)

pairs = list(submodules(flambeau.__path__, "flambeau"))
if sys.argv[1] == "after":
    for package, name in pairs:
        try:
            importlib.import_module(package + "." + name)
        except (ImportError, NotImplementedError, RuntimeError):
            pass
for package, name in pairs:
    try:
        value = getattr(importlib.import_module(package), name)
    except (AttributeError, ImportError, NotImplementedError, RuntimeError):
        continue
    print(package, name, type(value).__name__)
"""


def meanings(when: str) -> dict[str, str]:
    run = subprocess.run([sys.executable, "-c", SCRIPT, when], capture_output=True, text=True, check=True)
    return dict(line.rsplit(" ", 1) for line in run.stdout.splitlines())


def test_no_import_of_a_submodule_hides_a_function() -> None:
    before, after = meanings("before"), meanings("after")
    assert len(before) > 60
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize(
    "order", ["import flambeau.{0}.{1}", "from flambeau.{0}.{1} import {1}", "from flambeau.{0} import {1}"]
)
@pytest.mark.parametrize("place", ["autograd gradcheck", "nn.utils weight_norm", "nn.utils spectral_norm"])
def test_functions_stay_functions_in_any_order(order: str, place: str) -> None:
    package, name = place.split()
    code = (
        f"{order.format(package, name)}\nimport flambeau, sys\n"
        f"value = flambeau.{package}.{name}\n"
        f"import flambeau.{package}.{name}\n"
        f"assert callable(value) and flambeau.{package}.{name} is value\n"
        f"assert value is sys.modules['flambeau.{package}.{name}'].{name}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


ASKING = """
import importlib, pkgutil, warnings
warnings.simplefilter("ignore")
import flambeau

packages = ["flambeau"]
for found in pkgutil.walk_packages(flambeau.__path__, "flambeau.", onerror=lambda name: None):
    if found.ispkg:
        packages.append(found.name)
for package in packages:
    try:
        module = importlib.import_module(package)
    except (ImportError, NotImplementedError, RuntimeError):
        continue
    for name in {*dir(module), *getattr(module, "__all__", ())}:
        try:
            hasattr(module, name)
        except NotImplementedError:
            pass
        except Exception as error:
            if isinstance(error, ImportError):  # an optional package
                continue
            print(f"{package}.{name}: {error!r}")
"""


def test_asking_for_a_listed_name_gives_it_or_says_that_it_is_absent() -> None:
    run = subprocess.run([sys.executable, "-c", ASKING], capture_output=True, text=True, check=True)
    assert run.stdout == ""
