// Windows as columns and back (im2col, col2im), and rearrangements of channels and pixels.
#include "core/saturating.h"
#include "loops/copy.h"
#include "loops/parallel.h"
#include "ops/product_rules.h"

namespace flambeau {

namespace {

struct Windows {
  int64_t kernel[2], dilation[2], padding[2], stride[2], image[2], blocks[2];
};

Windows windows_of(const char* op, IntSpan image, IntSpan kernel, IntSpan dilation, IntSpan padding, IntSpan stride) {
  Windows w;
  auto read = [&](const char* what, IntSpan given, int64_t* to, int64_t least) {
    check(given.size() == 1 || given.size() == 2, ErrorKind::Runtime, op, ": It is expected ", what,
          " equals to 2, but got size ", given.size());
    for (int i = 0; i < 2; ++i) {
      to[i] = given[given.size() == 1 ? 0 : i];
      check(to[i] >= least, ErrorKind::Runtime, op, ": ", what, " should be ",
            least ? "greater than zero" : "non-negative", ", but got ", list_text(given));
    }
  };
  read("kernel_size", kernel, w.kernel, 1);
  read("dilation", dilation, w.dilation, 1);
  read("padding", padding, w.padding, 0);
  read("stride", stride, w.stride, 1);
  for (int i = 0; i < 2; ++i) {
    w.image[i] = image[i];
    const int64_t padded = sat_add(image[i], sat_mul(2, w.padding[i])),
                  room = sat_sub(padded, sat_add(sat_mul(w.dilation[i], w.kernel[i] - 1), 1));
    w.blocks[i] = room >= 0 ? room / w.stride[i] + 1 : 0;
  }
  check(w.blocks[0] >= 1 && w.blocks[1] >= 1, ErrorKind::Runtime, op, ": Given image of size (", image[0], ", ",
        image[1], "), kernel_size ", list_text(kernel), ", dilation ", list_text(dilation), ", padding ",
        list_text(padding), ", stride ", list_text(stride), ", calculated shape of the array of sliding blocks as (",
        w.blocks[0], ", ", w.blocks[1], "), which is too small (non-positive)");
  return w;
}

// Calls body(offset in the image, offset in the columns) for every element of channel c's windows that is not padding.
template <class Body>
void over_windows(const Windows& w, Body&& body) {
  const int64_t blocks = w.blocks[0] * w.blocks[1];
  for (int64_t kh = 0; kh < w.kernel[0]; ++kh)
    for (int64_t kw = 0; kw < w.kernel[1]; ++kw)
      for (int64_t bh = 0; bh < w.blocks[0]; ++bh) {
        const int64_t h = bh * w.stride[0] - w.padding[0] + kh * w.dilation[0];
        if (h < 0 || h >= w.image[0]) continue;
        const int64_t column = (kh * w.kernel[1] + kw) * blocks + bh * w.blocks[1];
        for (int64_t bw = 0; bw < w.blocks[1]; ++bw) {
          const int64_t v = bw * w.stride[1] - w.padding[1] + kw * w.dilation[1];
          if (v >= 0 && v < w.image[1]) body(h * w.image[1] + v, column + bw);
        }
      }
}

template <class Body>
void with_type(const char* op, DType dtype, Body&& body) {
  switch (dtype) {
    case DType::float32: return body(float());
    case DType::float64: return body(double());
    case DType::complex64: return body(std::complex<float>());
    case DType::complex128: return body(std::complex<double>());
    default: raise(ErrorKind::NotImplemented, op, ": not implemented for ", name(dtype), "; cast to float32");
  }
}

DType kernel_type(DType t) {
  if (t == DType::float16 || t == DType::bfloat16 || t == DType::bool_) return DType::float32;
  return t == DType::complex32 ? DType::complex64 : t;
}

}  // namespace

OP(im2col){
    .signature = "im2col(Tensor self, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor",
    .python = nn_private,
    .doc = "The windows of an image ([N,] C, H, W) as columns ([N,] C · kernel elements, windows).",
    .shape = [](const Tensor& self, IntSpan kernel, IntSpan dilation, IntSpan padding, IntSpan stride) -> ResultSpec {
      check((self.dim() == 3 || self.dim() == 4) && self.size(-1) > 0 && self.size(-2) > 0 && self.size(-3) > 0,
            ErrorKind::Runtime,
            "im2col: Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions "
            "for input, but got: ",
            list_text(self.sizes()));
      Windows w = windows_of("im2col", self.sizes().last(2), kernel, dilation, padding, stride);
      Dims sizes;
      if (self.dim() == 4) sizes.push_back(self.size(0));
      sizes.push_back(sat_mul(self.size(-3), sat_mul(w.kernel[0], w.kernel[1])));
      sizes.push_back(sat_mul(w.blocks[0], w.blocks[1]));
      return {sizes, self.dtype()};
    },
    .cpu =
        [](const Tensor& self, IntSpan kernel, IntSpan dilation, IntSpan padding, IntSpan stride, const Tensor& out) {
          Windows w = windows_of("im2col", self.sizes().last(2), kernel, dilation, padding, stride);
          const DType dtype = kernel_type(self.dtype());
          Tensor x = as_contiguous(cast(self, dtype)),
                 y = out.dtype() == dtype && out.is_contiguous() ? out : empty(out.sizes(), dtype);
          fill_elements(y, Scalar(0));
          const int64_t image = w.image[0] * w.image[1],
                        columns = w.kernel[0] * w.kernel[1] * w.blocks[0] * w.blocks[1];
          with_type("im2col", dtype, [&](auto zero) {
            using T = decltype(zero);
            parallel_tasks(x.numel() / image, [&](int64_t plane) {
              const T* from = x.data<T>() + plane * image;
              T* to = y.data<T>() + plane * columns;
              over_windows(w, [&](int64_t i, int64_t k) { to[k] = from[i]; });
            });
          });
          if (!y.is(out)) copy_elements(out, y);
        },
    .gradient =
        [](Grad& g) {
          g.set("self", call<"col2im">(g.out(), g.sizes("self").last(2), g.ints("kernel_size"), g.ints("dilation"),
                                       g.ints("padding"), g.ints("stride")));
        },
};

OP(col2im){
    .signature =
        "col2im(Tensor self, SymInt[2] output_size, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] "
        "stride) -> Tensor",
    .python = nn_private,
    .doc = "Adds the columns of windows up to an image of the size given: the transpose of im2col.",
    .shape = [](const Tensor& self, IntSpan output, IntSpan kernel, IntSpan dilation, IntSpan padding,
                IntSpan stride) -> ResultSpec {
      check(output.size() == 2, ErrorKind::Runtime, "col2im: It is expected output_size equals to 2, but got size ",
            output.size());
      check((self.dim() == 2 || self.dim() == 3) && self.size(-1) > 0 && self.size(-2) > 0, ErrorKind::Runtime,
            "col2im: Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero "
            "dimensions for input, but got: ",
            list_text(self.sizes()));
      Windows w = windows_of("col2im", output, kernel, dilation, padding, stride);
      const int64_t taps = sat_mul(w.kernel[0], w.kernel[1]), blocks = sat_mul(w.blocks[0], w.blocks[1]);
      check(self.size(-2) % taps == 0, ErrorKind::Runtime,
            "col2im: Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got "
            "input.size(1)=",
            self.size(-2), " and kernel_size=", list_text(kernel));
      check(self.size(-1) == blocks, ErrorKind::Runtime, "col2im: Given output_size=", list_text(output),
            ", kernel_size=", list_text(kernel), ", dilation=", list_text(dilation), ", padding=", list_text(padding),
            ", stride=", list_text(stride),
            ", expected size of input's dimension 2 to match the calculated number of sliding blocks ", w.blocks[0],
            " * ", w.blocks[1], " = ", blocks, ", but got input.size(2)=", self.size(-1), ".");
      Dims sizes;
      if (self.dim() == 3) sizes.push_back(self.size(0));
      sizes.push_back(self.size(-2) / taps);
      sizes.push_back(output[0]);
      sizes.push_back(output[1]);
      return {sizes, self.dtype()};
    },
    .cpu =
        [](const Tensor& self, IntSpan output, IntSpan kernel, IntSpan dilation, IntSpan padding, IntSpan stride,
           const Tensor& out) {
          Windows w = windows_of("col2im", output, kernel, dilation, padding, stride);
          const DType dtype = kernel_type(self.dtype());
          Tensor x = as_contiguous(cast(self, dtype)),
                 y = out.dtype() == dtype && out.is_contiguous() ? out : empty(out.sizes(), dtype);
          fill_elements(y, Scalar(0));
          const int64_t image = w.image[0] * w.image[1],
                        columns = w.kernel[0] * w.kernel[1] * w.blocks[0] * w.blocks[1];
          if (image) {
            with_type("col2im", dtype, [&](auto zero) {
              using T = decltype(zero);
              parallel_tasks(y.numel() / image, [&](int64_t plane) {
                const T* from = x.data<T>() + plane * columns;
                T* to = y.data<T>() + plane * image;
                over_windows(w, [&](int64_t i, int64_t k) { to[i] += from[k]; });
              });
            });
          }
          if (!y.is(out)) copy_elements(out, y);
        },
    .gradient =
        [](Grad& g) {
          g.set("self", call<"im2col">(g.out(), g.ints("kernel_size"), g.ints("dilation"), g.ints("padding"),
                                       g.ints("stride")));
        },
};

// The order in memory that the result of a rearrangement has: that of its input.
static MemoryFormat order_of(const Tensor& self) {
  return self.layout().channels_last() && !self.is_contiguous() && self.dim() == 4 ? MemoryFormat::channels_last
                                                                                   : MemoryFormat::contiguous;
}

OP(pixel_shuffle){
    .signature = "pixel_shuffle(Tensor self, int upscale_factor) -> Tensor",
    .python = torch | functional,
    .variants = Variants::out,
    .doc = "(…, C · r², H, W) as (…, C, H · r, W · r): groups of channels become pixels (Shi et al., 2016).",
    .composite = [](const Tensor& self, int64_t r) -> Tensor {
      check(self.dim() >= 3, ErrorKind::Runtime,
            "pixel_shuffle expects input to have at least 3 dimensions, but got input with ", self.dim(),
            " dimension(s)");
      check(r > 0, ErrorKind::Runtime, "pixel_shuffle expects a positive upscale_factor, but got ", r);
      check(r <= INT32_MAX && self.size(-2) <= INT64_MAX / r && self.size(-1) <= INT64_MAX / r, ErrorKind::Runtime,
            "pixel_shuffle: an upscale_factor of ", r, " is too large for an input of shape ", list_text(self.sizes()));
      check(self.size(-3) % (r * r) == 0, ErrorKind::Runtime,
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, "
            "but input.size(-3)=",
            self.size(-3), " is not divisible by ", r * r);
      const int64_t n = self.dim() - 3, c = self.size(-3) / (r * r), h = self.size(-2), w = self.size(-1);
      Dims split(self.sizes().first(n)), order, sizes(self.sizes().first(n));
      for (int64_t v : {c, r, r, h, w}) split.push_back(v);
      for (int64_t d = 0; d < n; ++d) order.push_back(d);
      for (int64_t d : {0, 3, 1, 4, 2}) order.push_back(n + d);
      for (int64_t v : {c, h * r, w * r}) sizes.push_back(v);
      return call<"contiguous">(
          call<"reshape">(call<"clone">(call<"permute">(call<"reshape">(self, split), order), MemoryFormat::contiguous),
                          sizes),
          order_of(self));
    },
};
OP(pixel_unshuffle){
    .signature = "pixel_unshuffle(Tensor self, int downscale_factor) -> Tensor",
    .python = torch | functional,
    .variants = Variants::out,
    .doc = "(…, C, H · r, W · r) as (…, C · r², H, W): the inverse of :func:`pixel_shuffle`.",
    .composite = [](const Tensor& self, int64_t r) -> Tensor {
      check(self.dim() >= 3, ErrorKind::Runtime,
            "pixel_unshuffle expects input to have at least 3 dimensions, but got input with ", self.dim(),
            " dimension(s)");
      check(r > 0, ErrorKind::Runtime, "pixel_unshuffle expects a positive downscale_factor, but got ", r);
      check(self.size(-2) % r == 0 && self.size(-1) % r == 0, ErrorKind::Runtime,
            "pixel_unshuffle expects height and width to be divisible by downscale_factor, but ", self.size(-2),
            " and ", self.size(-1), " are not both divisible by ", r);
      const int64_t n = self.dim() - 3, c = self.size(-3), h = self.size(-2) / r, w = self.size(-1) / r;
      Dims split(self.sizes().first(n)), order, sizes(self.sizes().first(n));
      for (int64_t v : {c, h, r, w, r}) split.push_back(v);
      for (int64_t d = 0; d < n; ++d) order.push_back(d);
      for (int64_t d : {0, 2, 4, 1, 3}) order.push_back(n + d);
      for (int64_t v : {c * r * r, h, w}) sizes.push_back(v);
      return call<"contiguous">(
          call<"reshape">(call<"clone">(call<"permute">(call<"reshape">(self, split), order), MemoryFormat::contiguous),
                          sizes),
          order_of(self));
    },
};

static Tensor shuffle_channels(const Tensor& self, int64_t groups) {
  check(self.dim() > 2, ErrorKind::Runtime, "channel_shuffle expects input with > 2 dims, but got input with sizes ",
        list_text(self.sizes()));
  check(groups > 0, ErrorKind::Runtime,
        "channel_shuffle: Number of groups to divide channels in must be positive. Value of groups:", groups);
  check(self.size(1) % groups == 0, ErrorKind::Runtime,
        "channel_shuffle: Number of channels must be divisible by groups. Got ", self.size(1), " channels and ", groups,
        " groups.");
  Dims split{self.size(0), groups, self.size(1) / groups};
  for (int64_t d = 2; d < self.dim(); ++d) split.push_back(self.size(d));
  return call<"reshape">(call<"clone">(call<"transpose.int">(call<"reshape">(self, split), int64_t{1}, int64_t{2}),
                                       MemoryFormat::contiguous),
                         self.sizes());
}
OP(channel_shuffle){
    .signature = "channel_shuffle(Tensor self, SymInt groups) -> Tensor",
    .python = torch | functional,
    .variants = Variants::out,
    .doc = "Deals the channels (dimension 1) of each group out in turn (Zhang et al., 2018).",
    .composite = [](const Tensor& self, int64_t groups) -> Tensor { return shuffle_channels(self, groups); },
};
OP(native_channel_shuffle){
    .signature = "native_channel_shuffle(Tensor self, SymInt groups) -> Tensor",
    .python = torch | functional,
    .doc = "As :func:`channel_shuffle`.",
    .composite = [](const Tensor& self, int64_t groups) -> Tensor { return shuffle_channels(self, groups); },
};

}  // namespace flambeau
