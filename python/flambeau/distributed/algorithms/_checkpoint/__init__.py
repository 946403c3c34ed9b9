"""Activation checkpointing of modules; see `checkpoint_wrapper`."""
