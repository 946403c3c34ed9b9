// The glue to oneDNN and OpenBLAS against naive loops: matrix products, convolutions in both orders, equal bits for any
// number of threads.
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <cstring>
#include <random>
#include <vector>

#include "cpu/libraries/convert.h"
#include "cpu/libraries/convolution.h"
#include "cpu/libraries/lapack.h"
#include "cpu/libraries/matmul.h"

using namespace flambeau;
using namespace flambeau::libraries;

namespace {

template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, float>)
    return DType::float32;
  else if constexpr (std::is_same_v<T, double>)
    return DType::float64;
  else if constexpr (std::is_same_v<T, std::complex<float>>)
    return DType::complex64;
  else
    return DType::complex128;
}
template <class T>
std::vector<T> random(size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> draw(-1, 1);
  std::vector<T> values(count);
  for (T& value : values) {
    if constexpr (std::is_arithmetic_v<T>)
      value = draw(generator);
    else
      value = T(draw(generator), draw(generator));
  }
  return values;
}
template <class T>
double distance(const std::vector<T>& a, const std::vector<T>& b) {
  double most = 0;
  for (size_t i = 0; i < a.size(); i++) most = std::max(most, double(std::abs(a[i] - b[i])));
  return most;
}
template <class T>
T conjugated(T value, bool yes) {
  if constexpr (std::is_arithmetic_v<T>)
    return value;
  else
    return yes ? std::conj(value) : value;
}

template <class T>
void compare_matmul(int64_t m, int64_t n, int64_t k, int layout, bool conjugate = false) {
  INFO("m ", m, " n ", n, " k ", k, " layout ", layout, " conjugate ", conjugate);
  const int64_t pad = layout & 8 ? 3 : 1;  // 8: no stride is 1
  auto strides = [&](int64_t rows, int64_t columns, bool turned) {
    return turned ? std::pair{pad, rows * pad} : std::pair{columns * pad, pad};
  };
  auto [ar, ac] = strides(m, k, layout & 1);
  auto [br, bc] = strides(k, n, layout & 2);
  auto [cr, cc] = strides(m, n, layout & 4);
  auto a = random<T>(m * k * pad, 1), b = random<T>(k * n * pad, 2), c = random<T>(m * n * pad, 3);
  auto wanted = c;
  for (int64_t i = 0; i < m; i++)
    for (int64_t j = 0; j < n; j++) {
      T sum(0);
      for (int64_t l = 0; l < k; l++) sum += conjugated(a[i * ar + l * ac], conjugate) * b[l * br + j * bc];
      T& target = wanted[i * cr + j * cc];
      target = T(2) * sum + T(0.5) * target;
    }
  Matmul call{dtype_of<T>(), m, n, k, a.data(), ar, ac, b.data(), br, bc, c.data(), cr, cc};
  call.alpha = 2;
  call.beta = 0.5;
  call.conjugate_a = conjugate;
  auto before = c;
  matmul(call);
  CHECK(distance(c, wanted) < (sizeof(decltype(std::abs(T()))) == 4 ? 2e-5 : 1e-12) * (k + 1));
  auto again = before;
  call.c = again.data();
  call.threads = 3;
  matmul(call);
  CHECK(std::memcmp(again.data(), c.data(), c.size() * sizeof(T)) == 0);
}

float to_float(uint16_t bits, DType dtype) {
  float value;
  widen(dtype, &bits, &value, 1);
  return value;
}

struct Case {
  int spatial;
  int64_t batch, groups, in, out, size, kernel, stride, dilation, padding;
};

Convolution shape_of(const Case& c, DType dtype, Order order) {
  Convolution s;
  s.dtype = dtype;
  s.spatial = c.spatial;
  s.batch = c.batch;
  s.groups = c.groups;
  s.in_channels = c.in;
  s.out_channels = c.out;
  for (int i = 0; i < c.spatial; i++) {
    s.input[i] = c.size + i;
    s.kernel[i] = c.kernel;
    s.stride[i] = c.stride;
    s.dilation[i] = c.dilation;
    s.padding[i] = c.padding;
    s.output[i] = convolution_output(s.input[i], c.kernel, c.stride, c.dilation, c.padding, c.padding);
  }
  s.source = s.weights = s.destination = order;
  return s;
}

struct Index {  // of an element of a tensor with up to three spatial dimensions
  int64_t channels, space[3];
  bool last;
  int64_t operator()(int64_t n, int64_t c, const int64_t* at) const {
    int64_t volume = space[0] * space[1] * space[2], position = (at[0] * space[1] + at[1]) * space[2] + at[2];
    return last ? (n * volume + position) * channels + c : (n * channels + c) * volume + position;
  }
};

// Calls visit(source, weights, destination element) for each product of the convolution.
template <class Visit>
void each_product(const Convolution& s, const Visit& visit) {
  auto index = [&](int64_t channels, const int64_t* space, Order order) {
    Index result{channels, {1, 1, 1}, order == Order::channels_last};
    for (int i = 0; i < s.spatial; i++) result.space[i] = space[i];
    return result;
  };
  Index x = index(s.in_channels, s.input, s.source), y = index(s.out_channels, s.output, s.destination);
  Index w = index(s.in_channels / s.groups, s.kernel, s.weights);
  int64_t from[3], tap[3], to[3];
  for (int64_t n = 0; n < s.batch; n++)
    for (int64_t o = 0; o < s.out_channels; o++)
      for (to[0] = 0; to[0] < y.space[0]; to[0]++)
        for (to[1] = 0; to[1] < y.space[1]; to[1]++)
          for (to[2] = 0; to[2] < y.space[2]; to[2]++)
            for (tap[0] = 0; tap[0] < w.space[0]; tap[0]++)
              for (tap[1] = 0; tap[1] < w.space[1]; tap[1]++)
                for (tap[2] = 0; tap[2] < w.space[2]; tap[2]++) {
                  bool inside = true;
                  for (int i = 0; i < 3; i++) {
                    from[i] = i < s.spatial ? to[i] * s.stride[i] - s.padding[i] + tap[i] * s.dilation[i] : 0;
                    inside = inside && from[i] >= 0 && from[i] < x.space[i];
                  }
                  if (!inside) continue;
                  const int64_t first = o / (s.out_channels / s.groups) * (s.in_channels / s.groups);
                  for (int64_t c = 0; c < s.in_channels / s.groups; c++)
                    visit(x(n, first + c, from), w(o, c, tap), y(n, o, to), o);
                }
}

template <class T>
void compare_convolution(const Case& c, Order order) {
  INFO(c.spatial, "d, groups ", c.groups, ", ", c.in, " to ", c.out, ", kernel ", c.kernel, ", stride ", c.stride,
       ", dilation ", c.dilation, ", padding ", c.padding, ", order ", int(order));
  Convolution s = shape_of(c, dtype_of<T>(), order);
  int64_t xs = c.batch * c.in, ws = c.out * c.in / c.groups, ys = c.batch * c.out;
  for (int i = 0; i < c.spatial; i++) {
    xs *= s.input[i];
    ws *= s.kernel[i];
    ys *= s.output[i];
  }
  auto x = random<T>(xs, 1), w = random<T>(ws, 2), bias = random<T>(c.out, 3), dy = random<T>(ys, 4);
  std::vector<T> y(ys), y0(ys), dx(xs), dx0(xs), dw(ws), dw0(ws), db(c.out), db0(c.out);
  for (int64_t i = 0; i < ys; i++) {
    int64_t channel = order == Order::channels_last ? i % c.out : i / (ys / c.batch / c.out) % c.out;
    y0[i] = bias[channel];
    db0[channel] += dy[i];
  }
  each_product(s, [&](int64_t xi, int64_t wi, int64_t yi, int64_t) {
    y0[yi] += x[xi] * w[wi];
    dx0[xi] += dy[yi] * w[wi];
    dw0[wi] += dy[yi] * x[xi];
  });
  const double limit = dtype_of<T>() == DType::float32 || dtype_of<T>() == DType::complex64 ? 1e-3 : 1e-11;
  auto packed = pack_weights(s, w.data());
  for (int threads : {1, 2, 7}) {
    s.threads = threads;
    auto y1 = y, dx1 = dx, dw1 = dw, db1 = db;
    convolution_forward(s, x.data(), w.data(), bias.data(), y.data(), threads == 2 ? packed.get() : nullptr);
    convolution_backward_data(s, dy.data(), w.data(), dx.data());
    convolution_backward_weights(s, x.data(), dy.data(), dw.data(), db.data());
    CHECK(distance(y, y0) < limit);
    CHECK(distance(dx, dx0) < limit);
    CHECK(distance(dw, dw0) < limit);
    CHECK(distance(db, db0) < limit);
    if (threads == 1) continue;
    auto same = [](const auto& a, const auto& b) { return std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0; };
    CHECK(same(y, y1));
    CHECK(same(dx, dx1));
    CHECK(same(dw, dw1));
    CHECK(same(db, db1));
  }
}

const Case kCases[] = {
    {2, 2, 1, 3, 8, 9, 3, 1, 1, 1},    {2, 3, 1, 16, 32, 8, 3, 2, 1, 1}, {2, 9, 1, 16, 16, 7, 1, 1, 1, 0},
    {2, 2, 16, 16, 16, 8, 3, 1, 1, 1}, {2, 2, 4, 8, 12, 8, 3, 1, 2, 2},  {1, 2, 1, 5, 7, 20, 4, 3, 1, 0},
    {3, 2, 1, 4, 6, 5, 2, 1, 1, 1},    {2, 1, 1, 1, 1, 5, 5, 1, 1, 0},   {2, 2, 1, 3, 16, 20, 7, 2, 1, 3},
};

}  // namespace

TEST_CASE("matmul: sizes, orders and types") {
  for (int layout = 0; layout < 16; layout++) {
    for (auto [m, n, k] :
         {std::array{1, 1, 1}, {3, 4, 5}, {1, 17, 9}, {17, 1, 9}, {33, 20, 0}, {65, 70, 64}, {200, 130, 90}}) {
      compare_matmul<float>(m, n, k, layout);
      compare_matmul<double>(m, n, k, layout);
      compare_matmul<std::complex<float>>(m, n, k, layout);
      compare_matmul<std::complex<double>>(m, n, k, layout, layout & 1);
    }
  }
}

TEST_CASE("matmul: half, bfloat16 and int8") {
  for (DType dtype : {DType::float16, DType::bfloat16}) {
    for (int layout = 0; layout < 8; layout++) {
      const int64_t m = 70, n = 45, k = 60;
      auto a = random<float>(m * k, 1), b = random<float>(k * n, 2);
      std::vector<uint16_t> a16(m * k), b16(k * n), c16(m * n);
      narrow(dtype, a.data(), a16.data(), a.size());
      narrow(dtype, b.data(), b16.data(), b.size());
      int64_t ar = layout & 1 ? 1 : k, ac = layout & 1 ? m : 1, br = layout & 2 ? 1 : n, bc = layout & 2 ? k : 1;
      int64_t cr = layout & 4 ? 1 : n, cc = layout & 4 ? m : 1;
      matmul({dtype, m, n, k, a16.data(), ar, ac, b16.data(), br, bc, c16.data(), cr, cc});
      for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
          double sum = 0;
          for (int64_t l = 0; l < k; l++)
            sum += double(to_float(a16[i * ar + l * ac], dtype)) * to_float(b16[l * br + j * bc], dtype);
          CHECK(std::abs(to_float(c16[i * cr + j * cc], dtype) - sum) <=
                (dtype == DType::float16 ? 1e-3 : 8e-3) * (1 + std::abs(sum)));
        }
    }
  }
  std::vector<int8_t> a(20 * 30, 3), b(30 * 40, -2);
  std::vector<int32_t> c(20 * 40);
  matmul({DType::int8, 20, 40, 30, a.data(), 30, 1, b.data(), 40, 1, c.data(), 40, 1});
  CHECK(c[0] == -180);
  CHECK(c[799] == -180);
}

TEST_CASE("matmul: batches with broadcast strides") {
  const int64_t sizes[] = {3, 4}, as[] = {0, 6}, bs[] = {12, 0}, cs[] = {32, 8};
  auto a = random<float>(24, 1), b = random<float>(36, 2);
  std::vector<float> c(96);
  Matmul call{DType::float32, 2, 4, 3, a.data(), 3, 1, b.data(), 4, 1, c.data(), 4, 1};
  call.batch = sizes;
  call.a_batch = as;
  call.b_batch = bs;
  call.c_batch = cs;
  call.threads = 2;
  matmul(call);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 4; j++)
      for (int r = 0; r < 2; r++)
        for (int q = 0; q < 4; q++) {
          float sum = 0;
          for (int l = 0; l < 3; l++) sum += a[j * 6 + r * 3 + l] * b[i * 12 + l * 4 + q];
          CHECK(c[i * 32 + j * 8 + r * 4 + q] == doctest::Approx(sum));
        }
}

TEST_CASE("convolution: oneDNN, both orders") {
  for (const Case& c : kCases)
    for (Order order : {Order::channels_first, Order::channels_last}) compare_convolution<float>(c, order);
}

TEST_CASE("convolution: matrix products, both orders") {
  for (const Case& c : kCases)
    for (Order order : {Order::channels_first, Order::channels_last}) {
      compare_convolution<double>(c, order);
      compare_convolution<std::complex<double>>(c, order);
    }
}

TEST_CASE("convolution: 16-bit types stay close to float") {
  for (DType dtype : {DType::float16, DType::bfloat16}) {
    Convolution s = shape_of(kCases[1], DType::float32, Order::channels_last);
    auto x = random<float>(3 * 16 * 8 * 9, 1), w = random<float>(32 * 16 * 9, 2);
    std::vector<float> y(3 * 32 * s.output[0] * s.output[1]);
    convolution_forward(s, x.data(), w.data(), nullptr, y.data());
    std::vector<uint16_t> x16(x.size()), w16(w.size()), y16(y.size());
    narrow(dtype, x.data(), x16.data(), x.size());
    narrow(dtype, w.data(), w16.data(), w.size());
    s.dtype = dtype;
    convolution_forward(s, x16.data(), w16.data(), nullptr, y16.data());
    for (size_t i = 0; i < y.size(); i++) CHECK(std::abs(to_float(y16[i], dtype) - y[i]) < 0.15);
  }
}

template <class T>
void check_lapack() {
  const int n = 12;
  auto a = random<T>(n * n, 5), b = random<T>(n, 6);
  for (int i = 0; i < n; i++) a[i * n + i] += T(4);
  const double limit = sizeof(Real<T>) == 4 ? 1e-4 : 1e-12;
  auto lu = a;
  auto x = b;
  std::vector<int> pivots(n);
  CHECK(getrf(n, n, lu.data(), n, pivots.data()) == 0);
  CHECK(getrs('N', n, 1, lu.data(), n, pivots.data(), x.data(), n) == 0);
  std::vector<T> product(n);
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) product[i] += a[j * n + i] * x[j];
  CHECK(distance(product, b) < limit);

  auto general = a;  // A v = w v
  std::vector<Complex<T>> w(n), v(n * n), av(n * n), vw(n * n);
  CHECK(geev<T>(n, general.data(), n, w.data(), nullptr, v.data()) == 0);
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) {
      for (int l = 0; l < n; l++) av[j * n + i] += Complex<T>(a[l * n + i]) * v[j * n + l];
      vw[j * n + i] = v[j * n + i] * w[j];
    }
  CHECK(distance(av, vw) < 10 * limit);

  auto r = a, q = a;  // the first column of Q R is that of A
  std::vector<T> tau(n), column(n), wanted(a.begin(), a.begin() + n);
  CHECK(geqrf(n, n, r.data(), n, tau.data()) == 0);
  q = r;
  CHECK(orgqr(n, n, n, q.data(), n, tau.data()) == 0);
  for (int i = 0; i < n; i++) column[i] = q[i] * r[0];
  CHECK(distance(column, wanted) < limit);

  auto copied = a;
  std::vector<Real<T>> s(n);
  std::vector<T> u(n * n), vt(n * n), rebuilt(n * n);
  CHECK(gesdd('A', n, n, copied.data(), n, s.data(), u.data(), n, vt.data(), n) == 0);
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++)
      for (int l = 0; l < n; l++) rebuilt[j * n + i] += u[l * n + i] * s[l] * vt[j * n + l];
  CHECK(distance(rebuilt, a) < limit);

  auto least = a;
  auto y = b;
  int rank = 0;
  CHECK(gelsd(n, n, 1, least.data(), n, y.data(), n, s.data(), Real<T>(-1), &rank) == 0);
  CHECK(rank == n);
  CHECK(distance(x, y) < limit);
}

TEST_CASE("lapack: factorizations rebuild their matrix") {
  check_lapack<float>();
  check_lapack<double>();
  check_lapack<std::complex<float>>();
  check_lapack<std::complex<double>>();
}
