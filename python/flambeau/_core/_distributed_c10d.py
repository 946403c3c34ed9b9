"""Names behind `distributed`: there is one process."""

from __future__ import annotations

from flambeau._absent import absent_class

_WHAT = "a group of processes"
ProcessGroup = absent_class("_C._distributed_c10d", "ProcessGroup", _WHAT, NotImplementedError)
Work = absent_class("_C._distributed_c10d", "Work", _WHAT, NotImplementedError)
Store = absent_class("_C._distributed_c10d", "Store", _WHAT, NotImplementedError)
