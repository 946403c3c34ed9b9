// out[i][j] = self[index[i][j]][j], in the sizes of index.
extern "C" __global__ void gather(M* out, const M* self, const I* index, Walk source, int64_t step, int64_t size, int32_t dim, int64_t count, Report* report, int32_t op) {
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += int64_t(gridDim.x) * blockDim.x) {
    int64_t at;
    if (along(index, i, size, dim, report, op, &at)) out[i] = self[offset<8>(source, i) + at * step];
  }
}
