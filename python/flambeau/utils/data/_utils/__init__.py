"""The inside of the loader: collation, the worker processes and the channel to them."""

from . import collate as collate
from . import worker as worker
