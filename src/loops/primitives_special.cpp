// Special functions one value at a time, in double for both lanes.
#include "formula/special_functions.h"
#include "loops/primitive_table.h"

namespace flambeau::loops {

void fill_special(PrimTable& t) {
  set1<special::erfcx>(t, Prim::erfcx);
  set1<special::erfinv>(t, Prim::erfinv);
  set1<special::ndtri>(t, Prim::ndtri);
  set1<special::log_ndtr>(t, Prim::log_ndtr);
  set1<special::lgamma>(t, Prim::lgamma);
  set1<special::digamma>(t, Prim::digamma);
  set1<special::trigamma>(t, Prim::trigamma);
  set1<special::bessel_i<0>>(t, Prim::i0);
  set1<special::bessel_i_scaled<0>>(t, Prim::i0e);
  set1<special::bessel_i<1>>(t, Prim::i1);
  set1<special::bessel_i_scaled<1>>(t, Prim::i1e);
  set1<special::bessel_j0>(t, Prim::bessel_j0);
  set1<special::bessel_j1>(t, Prim::bessel_j1);
  set1<special::bessel_y0>(t, Prim::bessel_y0);
  set1<special::bessel_y1>(t, Prim::bessel_y1);
  set2<special::zeta>(t, Prim::zeta);
  set2<special::polygamma>(t, Prim::polygamma);
  set2<special::igamma>(t, Prim::igamma);
  set2<special::igammac>(t, Prim::igammac);
  set1<special::sinc>(t, Prim::sinc);
  set1<special::sigmoid>(t, Prim::sigmoid);
  set1<special::silu>(t, Prim::silu);
  set1<special::gelu>(t, Prim::gelu);
  set1<special::softplus>(t, Prim::softplus);
}

}  // namespace flambeau::loops
