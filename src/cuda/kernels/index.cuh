// Positions in strided memory: walks over up to eight joined dimensions, innermost first.
struct Walk { Divisor size[8]; int64_t stride[8]; };
template <int RANK> inline int64_t offset(const Walk& w, uint64_t index) {
  if (RANK == 1) return int64_t(index) * w.stride[0];
  uint32_t rest = uint32_t(index);
  int64_t at = 0;
  for (int d = 0; d < RANK - 1; ++d) {
    const uint32_t next = divide(rest, w.size[d]);
    at += int64_t(rest - next * w.size[d].d) * w.stride[d];
    rest = next;
  }
  return at + int64_t(rest) * w.stride[RANK - 1];
}
// The place where kernels say that an index was out of bounds; the host looks there when it waits for the device.
struct Report { unsigned long long bad; int64_t value, size; int32_t op, dim; };
inline void report_bad(Report* r, int32_t op, int32_t dim, int64_t value, int64_t size) {
  if (atomicCAS(&r->bad, 0ull, 1ull) == 0) { r->value = value; r->size = size; r->op = op; r->dim = dim; }
}
