// count items of one or two words of eight bytes.
struct Item { uint64_t word[2]; };
extern "C" __global__ void fill(uint64_t* to, Item item, int64_t count) {
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += int64_t(gridDim.x) * blockDim.x)
    for (int w = 0; w < WORDS; ++w) to[i * WORDS + w] = item.word[w];
}
