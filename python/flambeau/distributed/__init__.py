"""`flambeau.distributed`: there are no process groups in this build, and every name here says so.

Programs that ask first (`is_available`, `is_initialized`) run as one process.
"""

from __future__ import annotations

import enum
import os
from typing import Any, ClassVar, NoReturn

from flambeau._absent import absent_class
from flambeau._absent_rooms import fill


def is_available() -> bool:
    """False: there are no process groups."""
    return False


def is_initialized() -> bool:
    """False: there are no process groups."""
    return False


def is_nccl_available() -> bool:
    """False: there is no NCCL."""
    return False


def is_gloo_available() -> bool:
    """False: there is no Gloo."""
    return False


def is_mpi_available() -> bool:
    """False: there is no MPI."""
    return False


def is_ucc_available() -> bool:
    """False: there is no UCC."""
    return False


def is_xccl_available() -> bool:
    """False: there is no XCCL."""
    return False


def is_torchelastic_launched() -> bool:
    """Whether this process was started by torchrun."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def is_backend_available(backend: str) -> bool:
    """False: there are no backends."""
    return False


class ReduceOp(enum.IntEnum):
    """Ways to reduce, for annotations and default arguments."""

    SUM = 0
    AVG = 1
    PRODUCT = 2
    MIN = 3
    MAX = 4
    BAND = 5
    BOR = 6
    BXOR = 7
    PREMUL_SUM = 8


ReduceOp.RedOpType = ReduceOp  # type: ignore[attr-defined]  # the type of the numbers, under its name in PyTorch


class DebugLevel(enum.Enum):
    """How much process groups check; there are none."""

    OFF = 0
    INFO = 1
    DETAIL = 2


def get_debug_level() -> DebugLevel:
    """Nothing is checked."""
    return DebugLevel.OFF


def get_node_local_rank(fallback_rank: int | None = None) -> int:
    """The number of this process on its machine, as the one who started it says in ``LOCAL_RANK``."""
    given = os.environ.get("LOCAL_RANK", fallback_rank)
    if given is None:
        raise RuntimeError("distributed.get_node_local_rank: LOCAL_RANK is not set and no fallback_rank is given")
    return int(given)


class Backend(str):
    """Names of backends."""

    backend_list = ("undefined",)
    default_device_backend_map: ClassVar[dict[str, str]] = {}

    UNDEFINED = "undefined"
    GLOO = "gloo"
    NCCL = "nccl"
    UCC = "ucc"
    MPI = "mpi"
    XCCL = "xccl"


class group:
    """Holds the default group, which is None."""

    WORLD = None


class GroupMember:
    """Holds the default group, which is None."""

    WORLD = None
    NON_GROUP_MEMBER = -100


ProcessGroup = absent_class("distributed", "ProcessGroup", "a process group", NotImplementedError)
Work = absent_class("distributed", "Work", "a process group", NotImplementedError)
Store = absent_class("distributed", "Store", "a store", NotImplementedError)
TCPStore = absent_class("distributed", "TCPStore", "a store", NotImplementedError)
FileStore = absent_class("distributed", "FileStore", "a store", NotImplementedError)
HashStore = absent_class("distributed", "HashStore", "a store", NotImplementedError)

_GROUP_CALLS = (
    "all_gather",
    "all_gather_coalesced",
    "all_gather_into_tensor",
    "all_gather_object",
    "all_reduce",
    "all_reduce_coalesced",
    "all_to_all",
    "all_to_all_single",
    "barrier",
    "batch_isend_irecv",
    "broadcast",
    "broadcast_object_list",
    "destroy_process_group",
    "gather",
    "gather_object",
    "get_backend",
    "get_global_rank",
    "get_group_rank",
    "get_process_group_ranks",
    "get_rank",
    "get_world_size",
    "irecv",
    "isend",
    "monitored_barrier",
    "new_group",
    "new_subgroups",
    "recv",
    "recv_object_list",
    "reduce",
    "reduce_scatter",
    "reduce_scatter_tensor",
    "scatter",
    "scatter_object_list",
    "send",
    "send_object_list",
    "split_group",
)


def init_process_group(
    backend: str | None = None,
    init_method: str | None = None,
    timeout: Any = None,
    world_size: int = -1,
    rank: int = -1,
    store: Any = None,
    group_name: str = "",
    pg_options: Any = None,
    device_id: Any = None,
) -> NoReturn:
    """Not available: process groups."""
    raise NotImplementedError(
        f"distributed.init_process_group: this build has no process groups (backend {backend!r}); run as one process"
    )


def _without_group(name: str) -> Any:
    def refused(*args: Any, **kwargs: Any) -> NoReturn:
        raise ValueError(
            f"distributed.{name}: the default process group has not been initialized; this build has no "
            "process groups, and distributed.is_available() is False"
        )

    refused.__name__ = refused.__qualname__ = name
    refused.__doc__ = "Raises ValueError: there are no process groups."
    return refused


for _name in _GROUP_CALLS:
    globals()[_name] = _without_group(_name)


fill(globals())
