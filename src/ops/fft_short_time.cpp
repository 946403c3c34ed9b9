// Short-time Fourier transform and its inverse: frames of the signal, a window, a transform of each frame.
// Of ATen's two overloads only stft.center is here: the other is its center=False, and under the same name it would
// take the calls that leave `center` at its default. The inverse divides by the summed squares (Griffin and Lim, 1984).
#include "loops/copy.h"
#include "loops/parallel.h"
#include "ops/define.h"

namespace flambeau {

namespace {

Tensor times(const Tensor& a, const Tensor& b) { return call<"mul.Tensor">(a, b); }

// The window filled with zeros on both sides up to n_fft; ones where none is given.
Tensor full_window(const char* op, const std::optional<Tensor>& window, int64_t n_fft, int64_t length,
                   const Tensor& like) {
  Tensor w;
  if (window && window->defined()) {
    w = *window;
    check(w.dim() == 1 && w.size(0) == length, ErrorKind::Runtime, op,
          ": expected a 1D window tensor of size equal to win_length=", length, ", but got window with size ",
          list_text(w.sizes()));
  } else {
    DType type = to_real(like.dtype());
    w = call<"ones">(Dims{length}, type, std::nullopt, like.device());
  }
  if (length < n_fft) {
    int64_t left = (n_fft - length) / 2;
    w = call<"slice_backward">(w, Dims{n_fft}, int64_t{0}, left, left + length, int64_t{1});
  }
  return w;
}

Tensor short_time(const Tensor& signal, int64_t n_fft, std::optional<int64_t> hop, std::optional<int64_t> win,
                  const std::optional<Tensor>& window, bool normalized, std::optional<bool> onesided,
                  std::optional<bool> return_complex, std::optional<bool> align) {
  const char* op = "stft";
  int64_t step = hop.value_or(n_fft / 4), length = win.value_or(n_fft);
  bool complex_input = signal.is_complex() || (window && window->defined() && window->is_complex());
  bool half = onesided.value_or(!complex_input);
  check(return_complex.has_value() || complex_input, ErrorKind::Runtime, op,
        ": requires the return_complex parameter be given for real inputs, and will further require that "
        "return_complex=True in a future release.");
  check(signal.is_floating() || signal.is_complex(), ErrorKind::Runtime, op,
        ": expected a tensor of floating point or complex values, got ", name(signal.dtype()));
  check(signal.dim() == 1 || signal.dim() == 2, ErrorKind::Runtime, op, ": expected a 1D or 2D tensor, got ",
        signal.dim(), "D");
  Tensor x = signal.dim() == 1 ? call<"unsqueeze">(signal, int64_t{0}) : signal;
  int64_t size = x.size(1);
  check(n_fft > 0 && n_fft <= size, ErrorKind::Runtime, op, ": expected 0 < n_fft <= ", size,
        ", but got n_fft=", n_fft);
  check(step > 0, ErrorKind::Runtime, op, ": expected hop_length > 0, but got hop_length=", step);
  check(length > 0 && length <= n_fft, ErrorKind::Runtime, op,
        ": expected 0 < win_length <= n_fft, but got win_length=", length);
  check(!(half && complex_input), ErrorKind::Runtime, op,
        ": Cannot have onesided output if window or input is complex");
  (void)align;
  Tensor frames = call<"_frames">(x, n_fft, step);  // (batch, frames, n_fft)
  if ((window && window->defined()) || length < n_fft)
    frames = times(frames, full_window(op, window, n_fft, length, signal));
  int64_t scale = normalized ? 1 : 0;
  Tensor out = frames.is_complex() ? call<"_fft_c2c">(frames, Dims{2}, scale, true)
                                   : call<"_fft_r2c">(frames, Dims{2}, scale, half);
  out = call<"transpose.int">(out, int64_t{1}, int64_t{2});
  if (signal.dim() == 1) out = call<"squeeze.dim">(out, int64_t{0});
  return return_complex.value_or(true) ? out : call<"view_as_real">(out);
}

}  // namespace

OP(_frames){
    .signature = "_frames(Tensor self, int size, int step) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "Windows of (batch, time): (batch, frames, size), each ``step`` after the one before.",
    .shape = [](const Tensor& self, int64_t size, int64_t step) -> ResultSpec {
      check(self.dim() == 2 && size >= 0 && size <= self.size(1) && step > 0, ErrorKind::Runtime,
            "_frames: windows of ", size, " elements, ", step, " apart, cannot be taken from a tensor of shape ",
            list_text(self.sizes()));
      return {Dims{self.size(0), 1 + (self.size(1) - size) / step, size}, self.dtype()};
    },
    .cpu =
        [](const Tensor& self, int64_t size, int64_t step, const Tensor& out) {
          Layout window(Dims(out.sizes()), Dims{self.stride(0), self.stride(1) * step, self.stride(1)}, self.offset());
          copy_elements(out, alias(self, window));
        },
    .gradient = [](Grad& g) { return call<"_overlap_add">(g.out(), g.integer("step"), g.sizes("self")[1]); },
};
OP(_overlap_add){
    .signature = "_overlap_add(Tensor self, int step, int length) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "The sum (batch, length) of frames (batch, frames, size) laid ``step`` apart.",
    .shape = [](const Tensor& self, int64_t step, int64_t length) -> ResultSpec {
      check(self.dim() == 3 && step > 0 && length >= 0 &&
                (self.size(1) == 0 || (self.size(2) <= length && self.size(1) - 1 <= (length - self.size(2)) / step)),
            ErrorKind::Runtime, "_overlap_add: frames of shape ", list_text(self.sizes()), ", ", step,
            " apart, do not fit into ", length, " elements");
      return {Dims{self.size(0), length}, self.dtype()};
    },
    .cpu =
        [](const Tensor& self, int64_t step, int64_t length, const Tensor& out) {
          Tensor frames = as_contiguous(self);
          int64_t count = self.size(1), size = self.size(2);
          auto add = [&]<class T>() {
            Tensor sum = out.is_contiguous() ? out : empty(out.sizes(), out.dtype());
            fill_elements(sum, Scalar(int64_t{0}));
            parallel_tasks(self.size(0), [&](int64_t b) {
              T* to = sum.data<T>() + b * length;
              for (int64_t f = 0; f < count; ++f) {
                const T* from = frames.data<T>() + (b * count + f) * size;
                for (int64_t i = 0, n = std::min(size, length - f * step); i < n; ++i) to[f * step + i] += from[i];
              }
            });
            if (!sum.is(out)) copy_elements(out, sum);
          };
          switch (self.dtype()) {
            case DType::float32: return add.template operator()<float>();
            case DType::float64: return add.template operator()<double>();
            case DType::complex64: return add.template operator()<std::complex<float>>();
            case DType::complex128: return add.template operator()<std::complex<double>>();
            default:
              raise(ErrorKind::NotImplemented, "istft: not implemented for ", name(self.dtype()),
                    "; convert to float32 first");
          }
        },
    .gradient =
        [](Grad& g) {
          IntSpan sizes = g.sizes("self");
          int64_t step = g.integer("step"), wanted = (sizes[1] - 1) * step + sizes[2];
          Tensor grad = g.out();
          if (grad.size(1) > wanted) grad = call<"slice.Tensor">(grad, int64_t{1}, int64_t{0}, wanted, int64_t{1});
          if (grad.size(1) < wanted)
            grad =
                call<"slice_backward">(grad, Dims{sizes[0], wanted}, int64_t{1}, int64_t{0}, grad.size(1), int64_t{1});
          return call<"_frames">(grad, sizes[2], step);
        },
};

OP(stft_center){
    .signature =
        "stft.center(Tensor self, int n_fft, int? hop_length=None, int? win_length=None, Tensor? window=None, bool "
        "center=True, str pad_mode='reflect', "
        "bool normalized=False, bool? onesided=None, bool? return_complex=None, bool? align_to_window=None) -> Tensor",
    .doc =
        "Short-time Fourier transform of (time) or (batch, time): (frequencies, frames). ``center`` pads by n_fft // 2 "
        "so that frame t is "
        "centered at t * hop_length.",
    .composite = [](const Tensor& self, int64_t n_fft, std::optional<int64_t> hop, std::optional<int64_t> win,
                    std::optional<Tensor> window, bool center, std::string_view mode, bool normalized,
                    std::optional<bool> onesided, std::optional<bool> complex_result,
                    std::optional<bool> align) -> Tensor {
      Tensor x = self;
      if (center) {
        int64_t pad = n_fft / 2;
        check(self.dim() == 1 || self.dim() == 2, ErrorKind::Runtime, "stft: expected a 1D or 2D tensor, got ",
              self.dim(), "D");
        if (self.dim() == 1) x = call<"unsqueeze">(x, int64_t{0});
        x = call<"squeeze.dim">(call<"pad">(call<"unsqueeze">(x, int64_t{0}), Dims{pad, pad}, mode), int64_t{0});
        if (self.dim() == 1) x = call<"squeeze.dim">(x, int64_t{0});
      }
      return short_time(x, n_fft, hop, win, window, normalized, onesided, complex_result, align);
    },
};

OP(istft){
    .signature =
        "istft(Tensor self, int n_fft, int? hop_length=None, int? win_length=None, Tensor? window=None, bool "
        "center=True, bool normalized=False, bool? "
        "onesided=None, int? length=None, bool return_complex=False) -> Tensor",
    .doc =
        "Inverse of :func:`stft`: frames transformed back, weighted by the window and added up, over the sum of the "
        "squared windows.",
    .composite = [](const Tensor& self, int64_t n_fft, std::optional<int64_t> hop, std::optional<int64_t> win,
                    std::optional<Tensor> window, bool center, bool normalized, std::optional<bool> onesided,
                    std::optional<int64_t> length, bool return_complex) -> Tensor {
      const char* op = "istft";
      int64_t step = hop.value_or(n_fft / 4), width = win.value_or(n_fft);
      check(self.is_complex(), ErrorKind::Runtime, op,
            ": requires a complex-valued input tensor matching the output from stft with return_complex=True, got ",
            name(self.dtype()));
      check(self.numel() > 0, ErrorKind::Runtime, op, ": expected a non-empty tensor, got ", list_text(self.sizes()));
      check(self.dim() == 2 || self.dim() == 3, ErrorKind::Runtime, op,
            ": expected a tensor with 2 or 3 dimensions, but got ", self.dim());
      Tensor x = self.dim() == 2 ? call<"unsqueeze">(self, int64_t{0}) : self;
      int64_t bins = x.size(1), frames = x.size(2);
      bool half = onesided.value_or(bins != n_fft);
      check(bins == (half ? n_fft / 2 + 1 : n_fft), ErrorKind::Runtime, op,
            ": expected the frequency dimension (3rd to the last) of the input to match n_fft", half ? " / 2 + 1" : "",
            " when onesided=", half ? "True" : "False", ", but got ", bins);
      check(step > 0 && step <= width, ErrorKind::Runtime, op,
            ": expected 0 < hop_length <= win_length, got hop_length=", step, ", win_length=", width);
      check(width > 0 && width <= n_fft, ErrorKind::Runtime, op,
            ": expected 0 < win_length <= n_fft, got win_length=", width);
      check(!(return_complex && half), ErrorKind::Runtime, op,
            ": Cannot have onesided output if window or input is complex");
      Tensor w = full_window(op, window, n_fft, width, self);
      x = call<"transpose.int">(x, int64_t{1}, int64_t{2});
      int64_t scale = normalized ? 1 : 2;
      if (return_complex) {
        x = call<"_fft_c2c">(x, Dims{2}, scale, false);
      } else {
        check(!w.is_complex(), ErrorKind::Runtime, op, ": Complex windows are incompatible with return_complex=False");
        if (!half) x = call<"slice.Tensor">(x, int64_t{2}, int64_t{0}, n_fft / 2 + 1, int64_t{1});
        x = call<"_fft_c2r">(x, Dims{2}, scale, n_fft);
      }
      int64_t whole = n_fft + step * (frames - 1);
      Tensor y = call<"_overlap_add">(times(x, w), step, whole);
      Tensor squares = call<"expand">(call<"square">(w), Dims{1, frames, n_fft});
      Tensor envelope = call<"_overlap_add">(squares, step, whole);
      int64_t from = center ? n_fft / 2 : 0, to = length ? from + *length : center ? whole - n_fft / 2 : whole;
      int64_t have = std::min(to, whole);
      y = call<"slice.Tensor">(y, int64_t{1}, from, have, int64_t{1});
      envelope = call<"slice.Tensor">(envelope, int64_t{1}, from, have, int64_t{1});
      if (!envelope.is_meta() && envelope.numel()) {
        Tensor least = call<"amin">(call<"abs">(call<"detach">(envelope)), Dims{}, false);
        double smallest = call_value<"item">(least).number();
        check(smallest > 1e-11, ErrorKind::Runtime, op, ": window overlap add min: ", smallest,
              "; the frames do not cover the signal");
      }
      y = call<"div.Tensor">(y, envelope);
      if (to > whole)
        y = call<"slice_backward">(y, Dims{y.size(0), to - from}, int64_t{1}, int64_t{0}, y.size(1), int64_t{1});
      return self.dim() == 2 ? call<"squeeze.dim">(y, int64_t{0}) : y;
    },
};

}  // namespace flambeau
