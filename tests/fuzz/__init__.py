"""Calls of every operator with hostile arguments: each must end in a result or in a Python exception.

`python -m tests.fuzz --calls 100000` makes the calls in child processes and reports what kills one, makes it wait for
longer than ten seconds, or raises SystemError, with the source of the call. values.py holds the hostile values,
calls.py makes call number n of a seed, workers.py runs them.

`--programs 50000` runs short programs instead (programs.py, program_runs.py), whose values, versions and gradients are
held against a model without views.
"""
