"""Algorithms of distributed training; not there, apart from activation checkpointing."""
