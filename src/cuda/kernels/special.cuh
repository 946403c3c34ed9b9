// The primitives that are special functions: in double for both floating lanes.
#define SPECIAL1(name, function) template <class T> inline T p_##name(T a) { return T(special::function(double(a))); }
#define SPECIAL2(name) \
  template <class T> inline T p_##name(T a, T b) { return T(special::name(double(a), double(b))); }
SPECIAL1(erfinv, erfinv) SPECIAL1(erfcx, erfcx) SPECIAL1(lgamma, lgamma) SPECIAL1(digamma, digamma)
SPECIAL1(trigamma, trigamma) SPECIAL1(i0, bessel_i<0>) SPECIAL1(i0e, bessel_i_scaled<0>) SPECIAL1(i1, bessel_i<1>)
SPECIAL1(i1e, bessel_i_scaled<1>) SPECIAL1(ndtri, ndtri) SPECIAL1(log_ndtr, log_ndtr) SPECIAL1(bessel_j0, bessel_j0)
SPECIAL1(bessel_j1, bessel_j1) SPECIAL1(bessel_y0, bessel_y0) SPECIAL1(bessel_y1, bessel_y1) SPECIAL2(zeta)
SPECIAL2(polygamma) SPECIAL2(igamma) SPECIAL2(igammac)
template <class T> inline T p_bessel_k0(T a) { return T(special::bessel_k<0, false>(double(a))); }
template <class T> inline T p_bessel_k0e(T a) { return T(special::bessel_k<0, true>(double(a))); }
template <class T> inline T p_bessel_k1(T a) { return T(special::bessel_k<1, false>(double(a))); }
template <class T> inline T p_bessel_k1e(T a) { return T(special::bessel_k<1, true>(double(a))); }
SPECIAL1(spherical_j0, spherical_j0) SPECIAL1(airy_ai, airy_ai)
SPECIAL2(chebyshev_t) SPECIAL2(chebyshev_u) SPECIAL2(chebyshev_v) SPECIAL2(chebyshev_w) SPECIAL2(hermite_h)
SPECIAL2(hermite_he) SPECIAL2(laguerre_l) SPECIAL2(legendre_p)
