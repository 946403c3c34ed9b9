"""Writes the texts of kernels into a C++ file: embed_texts.py OUT FILE... Lines of comment alone are left out, so that
a change of words compiles nothing anew."""

import sys
from pathlib import Path

out, *files = map(Path, sys.argv[1:])
parts = ['#include "cuda/texts.h"\n\nnamespace flambeau::cuda {\n\nconst Text texts[] = {\n']
for file in files:
    lines = [line for line in file.read_text().splitlines() if not line.lstrip().startswith("//")]
    parts.append(f'    {{"{file.name}", R"kernel(' + "\n".join(lines) + '\n)kernel"},\n')
parts.append("};\nconst int text_count = sizeof texts / sizeof texts[0];\n\n}  // namespace flambeau::cuda\n")
text = "".join(parts)
if not out.exists() or out.read_text() != text:
    out.write_text(text)
