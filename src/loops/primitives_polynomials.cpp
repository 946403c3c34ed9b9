// Orthogonal polynomials and Bessel functions of the second kind, one value at a time, in double for both lanes.
#include "formula/special_functions.h"
#include "loops/primitive_table.h"

namespace flambeau::loops {

void fill_polynomials(PrimTable& t) {
  set2<special::chebyshev_t>(t, Prim::chebyshev_t);
  set2<special::chebyshev_u>(t, Prim::chebyshev_u);
  set2<special::chebyshev_v>(t, Prim::chebyshev_v);
  set2<special::chebyshev_w>(t, Prim::chebyshev_w);
  set2<special::hermite_h>(t, Prim::hermite_h);
  set2<special::hermite_he>(t, Prim::hermite_he);
  set2<special::laguerre_l>(t, Prim::laguerre_l);
  set2<special::legendre_p>(t, Prim::legendre_p);
  set1<special::bessel_k<0, false>>(t, Prim::bessel_k0);
  set1<special::bessel_k<0, true>>(t, Prim::bessel_k0e);
  set1<special::bessel_k<1, false>>(t, Prim::bessel_k1);
  set1<special::bessel_k<1, true>>(t, Prim::bessel_k1e);
  set1<special::spherical_j0>(t, Prim::spherical_j0);
  set1<special::airy_ai>(t, Prim::airy_ai);
}

}  // namespace flambeau::loops
