"""PyTorch's name for what happens between a call and its kernel."""
