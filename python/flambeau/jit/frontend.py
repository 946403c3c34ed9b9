"""Where PyTorch reads the source of TorchScript programs; there are none yet."""


class FrontendError(Exception):
    """A source that is no TorchScript; nothing is read, so nothing raises it."""


class NotSupportedError(FrontendError):
    """What TorchScript does not know."""


class UnsupportedNodeError(NotSupportedError):
    """A kind of statement that TorchScript does not know."""
