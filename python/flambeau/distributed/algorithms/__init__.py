"""Algorithms of distributed training; not there, apart from activation checkpointing."""

from flambeau._absent_rooms import fill

fill(globals())
