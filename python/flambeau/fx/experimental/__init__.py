"""Parts of `fx` that may change: folding of constants, normal forms, fusing for inference, tracing by running."""
