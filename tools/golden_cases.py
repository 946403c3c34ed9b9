"""Writes tests/golden/cases_*.json: what PyTorch gives for the programs of tests/python/golden_cases.

    python tools/golden_cases.py [TABLE...]

needs PyTorch; with names, only those tables are written anew.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "python"))

import torch  # noqa: E402
from golden_cases import TABLES, cases_of, digest  # noqa: E402


def result(case: Any) -> Any:
    torch.manual_seed(0)
    return digest(case(torch))


def main() -> None:
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    for table in sys.argv[1:] or TABLES:
        path = ROOT / "tests" / "golden" / f"cases_{table}.json"
        lines = []
        for name, case in cases_of(table).items():
            try:
                shown = json.dumps(result(case), separators=(",", ":"))
            except Exception as error:
                print(f"{table}: {name}: {type(error).__name__}: {error}")
                continue
            lines.append(f"{json.dumps(name)}:{shown}")
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
        print(f"{path.relative_to(ROOT)}: {len(lines)} cases, {path.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
