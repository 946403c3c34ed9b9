"""The function transforms, which are in `flambeau.func`."""

from flambeau.func import *  # noqa: F403
