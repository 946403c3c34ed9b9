#!/usr/bin/env bash
# What only a machine with a GPU can tell, in stages of at most 9 minutes together: each has its own time-out and prints a
# line even where it fails.  tools/gpu_check.sh [OUT]   (a folder for numbers; PYTHON: an interpreter that imports flambeau
# and, for the comparisons, PyTorch)
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=${1:-$root/build/gpu_check}
python=${PYTHON:-python3}
mkdir -p "$out"
export PYTHONPATH="$root/python:$root/tests/python${PYTHONPATH:+:$PYTHONPATH}"
export FLAMBEAU_CUDA_CACHE="${FLAMBEAU_CUDA_CACHE:-$out/cache}"

stage() {  # stage SECONDS NAME COMMAND...
  local seconds=$1 name=$2 start=$SECONDS; shift 2
  timeout "$seconds" "$@" > "$out/$name.log" 2>&1
  local rc=$?
  local verdict=ok
  [ $rc = 0 ] || verdict="FAILED ($([ $rc = 124 ] && echo "more than $seconds s" || echo "exit $rc"))"
  printf '%-14s %-28s %4d s  %s\n' "$name" "$verdict" $((SECONDS - start)) "$(tail -n 1 "$out/$name.log" | cut -c1-160)"
}

stage 40 versions "$python" "$root/tools/gpu_check.py" versions
stage 150 operators "$python" "$root/tools/gpu_check.py" operators "$out"
stage 60 bandwidth "$python" "$root/tools/gpu_check.py" bandwidth
stage 40 per_call "$python" "$root/tools/gpu_check.py" per_call
stage 50 matmul "$python" "$root/tools/gpu_check.py" matmul
stage 80 training "$python" "$root/tools/gpu_check.py" training
stage 40 streams "$python" "$root/tools/gpu_check.py" streams
stage 30 numbers "$python" "$root/tools/gpu_check.py" numbers "$out"
