// Joining dimensions, and reports of bad indices.
#include "cuda/walk.h"

#include <array>
#include <mutex>
#include <vector>

#include "core/error.h"

namespace flambeau::cuda {

bool Dimensions::add(int64_t size, int64_t by) {
  if (size == 1) return true;
  if (rank && by == walk.stride[rank - 1] * walk.size[rank - 1].d &&
      int64_t{walk.size[rank - 1].d} * size < (int64_t{1} << 31)) {
    walk.size[rank - 1] = Divisor(static_cast<uint32_t>(walk.size[rank - 1].d * size));
  } else {
    if (rank == 8 || size >= (int64_t{1} << 31)) return false;
    walk.size[rank] = Divisor(static_cast<uint32_t>(size));
    walk.stride[rank++] = by;
  }
  count *= size;
  return true;
}

bool divide_dimensions(const Layout& layout, uint64_t mask, Dimensions& kept, Dimensions& reduced) {
  for (int64_t d = layout.dim(); d-- > 0;) {
    bool in = d < 64 && (mask >> d & 1);
    if (layout.sizes[d] == 0) {
      (in ? reduced : kept).count = 0;
      continue;
    }
    if (!(in ? reduced : kept).add(layout.sizes[d], layout.strides[d])) return false;
  }
  return true;
}

Dimensions dimensions(const char* op, IntSpan sizes, IntSpan strides) {
  Dimensions all;
  for (size_t d = sizes.size(); d-- > 0;)
    check(all.add(sizes[d], strides[d]), ErrorKind::NotImplemented, op, ": ", sizes.size(),
          " dimensions that cannot be joined to eight are too many for its CUDA kernel; the nearest alternative is "
          ".to('cpu')");
  return all;
}

// --- reports ---

namespace {
std::array<Report*, 64> g_reports{};
struct Named {
  const char* op;
  bool is_index_error;
};
std::vector<Named> g_names;
std::mutex g_mutex;
}  // namespace

Report* report_of(int device) {
  std::lock_guard lock(g_mutex);
  if (!g_reports[device]) {
    void* memory = nullptr;
    ok(driver().cuMemHostAlloc(&memory, sizeof(Report), 1 | 2 /* for all contexts, seen by the device */), "cuda");
    g_reports[device] = new (memory) Report;
  }
  return g_reports[device];
}

int32_t report_name(const char* op, bool is_index_error) {
  std::lock_guard lock(g_mutex);
  for (size_t i = 0; i < g_names.size(); ++i)
    if (g_names[i].op == op && g_names[i].is_index_error == is_index_error) return static_cast<int32_t>(i);
  g_names.push_back({op, is_index_error});
  return static_cast<int32_t>(g_names.size()) - 1;
}

void check_report(int device) {
  Report found;
  Named named{};
  {
    std::lock_guard lock(g_mutex);
    Report* report = g_reports[device];
    if (!report || !*static_cast<volatile unsigned long long*>(&report->bad)) return;
    found = *report;
    *report = Report{};
    named = g_names[static_cast<size_t>(found.op)];
  }
  raise(named.is_index_error ? ErrorKind::Index : ErrorKind::Runtime, named.op, ": index ", found.value,
        " is out of bounds for dimension ", found.dim, " with size ", found.size,
        " (found while waiting for device cuda:", device, ")");
}

}  // namespace flambeau::cuda
