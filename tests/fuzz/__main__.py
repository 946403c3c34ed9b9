"""The command line of the fuzzer: `python -m tests.fuzz [--calls N] [--seed N] [--only REGEX] [--call N]`,
or `--programs N [--seed N]`, `--program N`."""

from __future__ import annotations

import argparse
import os
import sys

from . import workers


def programs_main(args: argparse.Namespace) -> int:
    from . import program_runs as programs

    if args.programs_child:
        first, last, progress = args.programs_child
        programs.child(args.seed, int(first), int(last), args.seconds, progress)
        return 0
    if args.program is not None:
        wrong = programs.show(args.seed, args.program)
        print(wrong or "as it should be")
        return 1 if wrong else 0
    found = programs.findings(args.seed, args.programs, max(args.seconds, 20.0), args.jobs)
    for number, text in found:
        print(f"program {number} of seed {args.seed}: {text}")
    print(f"{args.programs} programs, seed {args.seed}: {len(found)} wrong")
    return 1 if found else 0


def main() -> int:
    p = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    p.add_argument("--calls", type=int, default=10_000)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--only", default="", help="regular expression: only operators whose name matches")
    p.add_argument("--call", type=int, help="make this call alone, in this process, and show how it ends")
    p.add_argument("--seconds", type=float, default=10.0, help="what takes longer is a hang")
    p.add_argument("--jobs", type=int, default=min(os.cpu_count() or 1, 4))
    p.add_argument("--room", type=int, default=workers.ROOM, help="bytes that a child may allocate")
    p.add_argument("--quiet", action="store_true", help="only the summary")
    p.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    p.add_argument("--programs", type=int, help="short programs instead of calls; so many of them")
    p.add_argument("--program", type=int, help="run this program alone, in this process, and show how it ends")
    p.add_argument("--programs-child", nargs=3, help=argparse.SUPPRESS)
    args = p.parse_args()
    if args.programs is not None or args.program is not None or args.programs_child:
        return programs_main(args)
    if args.child:
        first, last, progress = args.child
        workers.child(args.seed, int(first), int(last), args.seconds, progress, args.only, args.room)
        return 0
    if args.call is not None:
        from .calls import backward, make_call

        call = make_call(args.seed, args.call, args.only)
        print(call, flush=True)
        workers.limit_memory(args.room)
        function, positional, named = call.prepare()
        result = function(*positional, **named)
        print(backward(result) if call.backward else result)
        return 0
    run = workers.Run(args.seed, args.calls, args.seconds, args.jobs, args.only, args.room)
    run.verbose = not args.quiet
    findings = run.go()
    print(run.summary())
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
