"""Small mistakes put into a copy of the library, one at a time, to see whether the tests notice: `./dev mutate`.

mutations.py holds the mistakes, __main__.py makes the copy, builds where C++ was changed, and runs the tests.
"""
