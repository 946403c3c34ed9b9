"""What a profile gives: events with times and parents, their averages by name, and both as text."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, NamedTuple

__all__ = [
    "EventList",
    "FormattedTimesMixin",
    "FunctionEvent",
    "FunctionEventAvg",
    "Interval",
    "Kernel",
    "MemRecordsAcc",
    "StringTable",
]

MEMORY_EVENT_NAME = "[memory]"
OUT_OF_MEMORY_EVENT_NAME = "[OutOfMemory]"


class DeviceType(Enum):
    """Where something ran; only the CPU is there."""

    CPU = 0
    CUDA = 1


def _format_time(time_us: float) -> str:
    """A time given in microseconds, in a unit that suits it."""
    for limit, unit in ((1e6, "s"), (1e3, "ms")):
        if time_us >= limit:
            return f"{time_us / limit:.3f}{unit}"
    return f"{time_us:.3f}us"


def _format_time_share(time_us: float, total_time_us: float) -> str:
    return f"{100.0 * time_us / total_time_us:.2f}%" if total_time_us else "0.00%"


def _format_memory(nbytes: int) -> str:
    """A number of bytes, in a unit that suits it."""
    for power, unit in ((3, "GB"), (2, "MB"), (1, "KB")):
        if abs(nbytes) >= 1024**power:
            return f"{nbytes / 1024**power:.2f} {unit}"
    return f"{nbytes} B"


class FormattedTimesMixin:
    """Times as text beside the numbers: ``cpu_time_str`` beside ``cpu_time``."""

    count: int
    cpu_time_total: Any
    device_time_total: Any

    def __getattr__(self, name: str) -> Any:
        if name.endswith("_str") and "time" in name:
            return _format_time(getattr(self, name[:-4]))
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def cpu_time(self) -> float:
        """Microseconds of a call, on average."""
        return self.cpu_time_total / self.count if self.count else 0.0

    @property
    def device_time(self) -> float:
        """The same on other devices: there are none."""
        return self.device_time_total / self.count if self.count else 0.0

    cuda_time = device_time


class Interval:
    """From `start` to `end`, in microseconds."""

    def __init__(self, start: float, end: float) -> None:
        self.start, self.end = start, end

    def elapsed_us(self) -> float:
        """How long it is."""
        return self.end - self.start


class Kernel(NamedTuple):
    """Something that ran on another device."""

    name: str
    device: int
    duration: float


class StringTable(defaultdict):
    """Names by their keys; a key that is not there is its own name."""

    def __missing__(self, key: Any) -> Any:
        self[key] = key
        return key


class MemRecordsAcc:
    """Records of allocations by time; `in_interval` finds those between two times in nanoseconds."""

    def __init__(self, mem_records: Iterable[Any]) -> None:
        self._records = sorted(mem_records, key=lambda record: record[0].start_ns())

    def in_interval(self, start_ns: int, end_ns: int) -> Iterable[Any]:
        """The records that begin inside."""
        return (record for record in self._records if start_ns <= record[0].start_ns() <= end_ns)


class FunctionEvent(FormattedTimesMixin):
    """One call of an operator, or one pass through a range: times in microseconds, memory in bytes."""

    def __init__(
        self,
        id: int,
        name: str,
        thread: int,
        start_us: float,
        end_us: float,
        overload_name: str = "",
        input_shapes: Any = None,
        cpu_memory_usage: int = 0,
        scope: int = 0,
        is_user_annotation: bool = False,
        **further: Any,
    ) -> None:
        self.id, self.name, self.trace_name, self.overload_name = id, name, name, overload_name or ""
        self.time_range = Interval(start_us, end_us)
        self.thread, self.fwd_thread = thread, thread
        self.input_shapes = [] if input_shapes is None else input_shapes
        self.cpu_memory_usage, self.device_memory_usage = cpu_memory_usage, 0
        self.scope, self.is_user_annotation = scope, is_user_annotation
        self.count, self.node_id, self.sequence_nr = 1, -1, -1
        self.stack: list[str] = []
        self.kernels: list[Kernel] = []
        self.cpu_children: list[FunctionEvent] = []
        self.cpu_parent: FunctionEvent | None = None
        self.is_async = self.is_remote = self.is_legacy = False
        self.use_device: str | None = None
        self.device_type, self.device_index, self.device_resource_id = DeviceType.CPU, 0, thread
        self.flops = further.get("flops")

    device_time_total = self_device_time_total = cuda_time_total = self_cuda_time_total = 0
    self_device_memory_usage = self_cuda_memory_usage = 0

    def append_kernel(self, name: str, device: int, duration: float) -> None:
        """Note something that ran on another device."""
        self.kernels.append(Kernel(name, device, duration))

    def append_cpu_child(self, child: FunctionEvent) -> None:
        """Note an event inside this one."""
        self.cpu_children.append(child)

    def set_cpu_parent(self, parent: FunctionEvent) -> None:
        """Note the event around this one."""
        self.cpu_parent = parent

    @property
    def key(self) -> str:
        """The name."""
        return self.name

    @property
    def cpu_time_total(self) -> float:
        """Microseconds from begin to end."""
        return self.time_range.elapsed_us()

    @property
    def self_cpu_time_total(self) -> float:
        """Microseconds outside of the events inside."""
        return self.cpu_time_total - sum(child.cpu_time_total for child in self.cpu_children)

    @property
    def self_cpu_memory_usage(self) -> int:
        """Bytes that were taken outside of the events inside."""
        return self.cpu_memory_usage - sum(child.cpu_memory_usage for child in self.cpu_children)

    def __repr__(self) -> str:
        return (
            f"<FunctionEvent id={self.id} name={self.name} cpu_time={_format_time(self.cpu_time)} "
            f"start_us={self.time_range.start} end_us={self.time_range.end} "
            f"cpu_children={[child.id for child in self.cpu_children]} thread={self.thread} "
            f"input_shapes={self.input_shapes} cpu_memory_usage={self.cpu_memory_usage}>"
        )


class FunctionEventAvg(FormattedTimesMixin):
    """Events of one name together."""

    def __init__(self) -> None:
        self.key: str | None = None
        self.count = self.node_id = 0
        self.is_async = self.is_remote = self.is_legacy = self.is_user_annotation = False
        self.use_device: str | None = None
        self.cpu_time_total: Any = 0
        self.self_cpu_time_total: Any = 0
        self.device_time_total = self.self_device_time_total = 0
        self.input_shapes: Any = None
        self.overload_name: str | None = None
        self.stack: list[str] | None = None
        self.scope: int | None = None
        self.cpu_memory_usage = self.self_cpu_memory_usage = 0
        self.device_memory_usage = self.self_device_memory_usage = 0
        self.cpu_children: list[FunctionEvent] | None = None
        self.cpu_parent: FunctionEvent | None = None
        self.device_type = DeviceType.CPU
        self.flops: Any = 0

    def add(self, other: Any) -> FunctionEventAvg:
        """Take in an event or another average of the same name."""
        if self.key is None:
            self.key, self.node_id, self.scope = other.key, other.node_id, other.scope
            self.input_shapes, self.stack = other.input_shapes, other.stack
            self.overload_name, self.is_user_annotation = other.overload_name, other.is_user_annotation
            self.cpu_children, self.cpu_parent = other.cpu_children, other.cpu_parent
        self.count += other.count
        for name in ("cpu_time_total", "self_cpu_time_total", "cpu_memory_usage", "self_cpu_memory_usage"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.flops += other.flops or 0
        return self

    __iadd__ = add

    def __repr__(self) -> str:
        return (
            f"<FunctionEventAvg key={self.key} count={self.count} self_cpu_time={self.self_cpu_time_total_str} "
            f"cpu_time={self.cpu_time_str} input_shapes={self.input_shapes} "
            f"cpu_memory_usage={self.cpu_memory_usage}>"
        )


class EventList(list):
    """Events, or averages of them."""

    def __init__(self, *args: Any, use_device: Any = None, profile_memory: bool = False, **options: Any) -> None:
        super().__init__(*args)
        self._profile_memory, self._use_device = profile_memory, use_device

    @property
    def self_cpu_time_total(self) -> float:
        """Microseconds of all events, each counted where no event inside it does."""
        return sum(event.self_cpu_time_total for event in self)

    def __str__(self) -> str:
        return self.table()

    def table(
        self,
        sort_by: str | None = None,
        row_limit: int = 100,
        max_src_column_width: int = 75,
        max_name_column_width: int = 55,
        max_shapes_column_width: int = 80,
        header: str | None = None,
        top_level_events_only: bool = False,
        time_unit: str | None = None,
    ) -> str:
        """The events as text, a row each.

        Args:
            sort_by: attribute whose largest values come first, such as ``"cpu_time_total"``, ``"self_cpu_time_total"``
                or ``"count"``; by default events keep their order.
            row_limit: most rows; -1 for all.
            top_level_events_only: leave out events inside others.
        """
        rows = list(self)
        if sort_by is not None:
            name = sort_by.replace("cuda", "device")
            rows.sort(key=lambda event: getattr(event, name), reverse=True)
        if top_level_events_only:
            rows = [event for event in rows if event.cpu_parent is None]
        total = self.self_cpu_time_total
        if row_limit >= 0:
            rows = rows[:row_limit]
        columns: list[tuple[str, Callable[[Any], str]]] = [
            ("Name", lambda e: _shortened(str(e.key), max_name_column_width)),
            ("Self CPU %", lambda e: _format_time_share(e.self_cpu_time_total, total)),
            ("Self CPU", lambda e: _format_time(e.self_cpu_time_total)),
            ("CPU total %", lambda e: _format_time_share(e.cpu_time_total, total)),
            ("CPU total", lambda e: _format_time(e.cpu_time_total)),
            ("CPU time avg", lambda e: _format_time(e.cpu_time)),
        ]
        if self._profile_memory:
            columns += [
                ("CPU Mem", lambda e: _format_memory(e.cpu_memory_usage)),
                ("Self CPU Mem", lambda e: _format_memory(e.self_cpu_memory_usage)),
            ]
        columns.append(("# of Calls", lambda e: str(e.count)))
        if any(event.input_shapes for event in rows):
            columns.append(("Input Shapes", lambda e: _shortened(str(e.input_shapes), max_shapes_column_width)))
        cells = [[title for title, _ in columns], *([value(event) for _, value in columns] for event in rows)]
        widths = [max(len(line[place]) for line in cells) for place in range(len(columns))]
        rule = "  ".join("-" * width for width in widths)
        lines = ["  ".join(f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True)) for line in cells]
        text = [rule, lines[0], rule, *lines[1:], rule, f"Self CPU time total: {_format_time(total)}"]
        return "\n".join([*([header] if header else []), *text]) + "\n"

    def export_chrome_trace(self, path: str) -> None:
        """Write the events in the JSON form that the trace viewers of browsers read."""
        events = [
            {
                "name": event.trace_name,
                "cat": "user_annotation" if event.is_user_annotation else "cpu_op",
                "ph": "X",
                "ts": event.time_range.start,
                "dur": event.time_range.elapsed_us(),
                "pid": 0,
                "tid": event.thread,
                "args": {"Input Dims": event.input_shapes} if event.input_shapes else {},
            }
            for event in self
        ]
        with open(path, "w") as file:
            json.dump({"traceEvents": events}, file)

    def supported_export_stacks_metrics(self) -> list[str]:
        """What `export_stacks` can tell; nothing, as stacks are not recorded."""
        return ["self_cpu_time_total"]

    def export_stacks(self, path: str, metric: str = "self_cpu_time_total") -> None:
        """Write a line for each event: the names around it from the outermost on, and its own time in µs.

        These are stacks of operators and ranges, not of Python.
        """
        if metric not in self.supported_export_stacks_metrics():
            raise ValueError(f"export_stacks: metric {metric!r} is none of {self.supported_export_stacks_metrics()}")
        with open(path, "w") as file:
            for event in self:
                names, at = [event.name], event.cpu_parent
                while at is not None:
                    names.append(at.name)
                    at = at.cpu_parent
                file.write(f"{';'.join(reversed(names)).replace(' ', '_')} {round(event.self_cpu_time_total)}\n")

    def key_averages(
        self, group_by_input_shapes: bool = False, group_by_stack_n: int = 0, group_by_overload_name: bool = False
    ) -> EventList:
        """The events of each name together; of each name and sizes, or overload, if that is asked for."""
        averages: dict[tuple[Any, ...], FunctionEventAvg] = {}
        for event in self:
            key: tuple[Any, ...] = (event.key, event.is_user_annotation)
            if group_by_input_shapes:
                key += (str(event.input_shapes),)
            if group_by_overload_name:
                key += (event.overload_name,)
            averages.setdefault(key, FunctionEventAvg()).add(event)
        result = EventList(averages.values(), profile_memory=self._profile_memory)
        for average in result:
            if not group_by_input_shapes:
                average.input_shapes = ""
            if not group_by_overload_name:
                average.overload_name = ""
        return result

    def total_average(self) -> FunctionEventAvg:
        """All events together, under the name "Total"."""
        total = FunctionEventAvg()
        for event in self:
            total.add(event)
            total.key = None
        total.key = "Total"
        return total


def _shortened(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


def events_of(records: list[Any], thread: int, begin: int, shapes: bool, memory: bool) -> EventList:
    """The events of a profile, from the records of the core; `begin` is their time 0, in nanoseconds."""
    events = EventList(profile_memory=memory)
    open_ones: list[tuple[int, FunctionEvent]] = []
    for number, record in enumerate(records):
        name, overload, form, start, end, depth, allocated, arguments, _ = record
        is_range = form == "range"
        event = FunctionEvent(
            number,
            name if is_range else f"aten::{name}" + ("_" if form == "inplace" and not name.endswith("_") else ""),
            thread,
            (start - begin) / 1e3,
            (end - begin) / 1e3,
            overload_name=overload,
            input_shapes=_sizes(arguments) if shapes and arguments is not None else None,
            cpu_memory_usage=allocated if memory else 0,
            is_user_annotation=is_range,
        )
        while open_ones and open_ones[-1][0] >= depth:
            open_ones.pop()
        if open_ones:
            open_ones[-1][1].append_cpu_child(event)
            event.set_cpu_parent(open_ones[-1][1])
        open_ones.append((depth, event))
        events.append(event)
    return events


def _sizes(arguments: list[Any]) -> list[Any]:
    """Sizes of the tensors among arguments; an empty list stands for anything else."""
    from flambeau import Size

    def of(argument: Any) -> Any:
        if isinstance(argument, Size):
            return list(argument)
        if isinstance(argument, list) and argument and all(isinstance(item, Size) for item in argument):
            return [list(item) for item in argument]
        return []

    return [of(argument) for argument in arguments]
