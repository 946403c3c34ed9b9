// An index along one dimension, reported where it is out of bounds. I: the type of indices.
inline bool along(const I* index, int64_t i, int64_t size, int32_t dim, Report* report, int32_t op, int64_t* at) {
  *at = int64_t(index[i]);
  if (*at >= 0 && *at < size) return true;
  report_bad(report, op, dim, *at, size);
  return false;
}
