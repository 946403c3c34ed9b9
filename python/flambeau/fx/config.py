"""Settings of `fx` that PyTorch has. Passes here print no progress; the first two change nothing."""

disable_progress = True
verbose_progress = False
do_not_emit_stack_traces = False
