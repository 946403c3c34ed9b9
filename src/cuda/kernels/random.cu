// Random numbers by counter (Philox 4×32-10; Salmon, Moraes, Dror and Shaw, 2011): four for each position, from seed and
// offset, so that the numbers depend on neither the grid nor the device. KIND: see Draw::Kind; M: type in memory.
struct Four { uint32_t v[4]; };
inline Four philox(uint64_t seed, uint64_t position, uint64_t offset) {
  Four c = {{uint32_t(offset), uint32_t(offset >> 32), uint32_t(position), uint32_t(position >> 32)}};
  uint32_t k0 = uint32_t(seed), k1 = uint32_t(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint32_t h0 = __umulhi(0xD2511F53u, c.v[0]), l0 = 0xD2511F53u * c.v[0];
    const uint32_t h1 = __umulhi(0xCD9E8D57u, c.v[2]), l1 = 0xCD9E8D57u * c.v[2];
    const Four next = {{h1 ^ c.v[1] ^ k0, l1, h0 ^ c.v[3] ^ k1, l0}};
    c = next;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return c;
}
// In [0, 1): 24 bits for float and narrower, 53 for double. And in (0, 1].
inline float even(Four c, float) { return float(c.v[0] >> 8) * 5.9604644775390625e-8f; }
inline double even(Four c, double) { return double((uint64_t(c.v[0]) << 32 | c.v[1]) >> 11) * 1.1102230246251565e-16; }
inline float e(float x) { return expf(x); }
inline double e(double x) { return exp(x); }
inline float ln(float x) { return logf(x); }
inline double ln(double x) { return log(x); }
inline float lnp(float x) { return log1pf(x); }
inline double lnp(double x) { return log1p(x); }
inline L normal(Four c) {
  // Box and Muller: radius from one number, angle from another.
  const L u = sizeof(L) == 8 ? L(1) - L(even(c, double())) : L(1) - L(even(c, float()));
  const Four other = {{c.v[2], c.v[3], 0, 0}};
  const double turn = sizeof(L) == 8 ? even(other, double()) : double(even(other, float()));
  return L(sqrt(-2.0 * double(ln(u))) * cos(6.283185307179586 * turn));
}
extern "C" __global__ void draw(M* out, int64_t count, uint64_t seed, uint64_t offset, double a, double b, int64_t low, uint64_t range) {
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += int64_t(gridDim.x) * blockDim.x) {
    const Four c = philox(seed, uint64_t(i), offset);
#if KIND == 1
    const M drawn = narrow<M>(L(a) + even(c, L()) * (L(b) - L(a)));
    out[i] = L(widen(drawn)) >= L(b) && a < b ? narrow<M>(L(a)) : drawn;  // rounding may reach the open end
#elif KIND == 2
    out[i] = narrow<M>(L(a) + L(b) * normal(c));
#elif KIND == 3
    const uint64_t bits = uint64_t(c.v[0]) << 32 | c.v[1];
    out[i] = narrow<M>(int64_t(uint64_t(low) + (range == 0 ? bits : range >> 32 ? bits % range : uint64_t(uint32_t(bits >> 32)) * range >> 32)));
#elif KIND == 4
    out[i] = narrow<M>(int32_t(even(c, double()) < a));
#elif KIND == 5
    out[i] = narrow<M>(L(-lnp(-even(c, L())) / L(a)));
#elif KIND == 6
    out[i] = narrow<M>(double(ceil(log1p(-even(c, double())) / log1p(-a)) < 1 ? 1 : ceil(log1p(-even(c, double())) / log1p(-a))));
#elif KIND == 7
    out[i] = narrow<M>(L(a + b * tan(3.141592653589793 * (even(c, double()) - 0.5))));
#elif KIND == 8
    out[i] = narrow<M>(e(L(a) + L(b) * normal(c)));
#endif
  }
}
