// Second names of operators: NumPy's, Python's, and those of the special module.
#include "op/op.h"

namespace flambeau {

constexpr Face both = torch | method;

ALIAS(absolute, "abs", both);
ALIAS(multiply, "mul", both);
ALIAS(subtract, "sub", both);
ALIAS(divide, "div", both);
ALIAS(true_divide, "div.Tensor", both);
ALIAS(negative, "neg", both);
ALIAS(arccos, "acos", both);
ALIAS(arccosh, "acosh", both);
ALIAS(arcsin, "asin", both);
ALIAS(arcsinh, "asinh", both);
ALIAS(arctan, "atan", both);
ALIAS(arctanh, "atanh", both);
ALIAS(arctan2, "atan2", both);
ALIAS(greater, "gt", both);
ALIAS(greater_equal, "ge", both);
ALIAS(less, "lt", both);
ALIAS(less_equal, "le", both);
ALIAS(not_equal, "ne", both);
ALIAS(clip, "clamp", both);
ALIAS(fix, "trunc", both);

ALIAS(special_digamma, "digamma", special);
ALIAS(special_psi, "digamma", special);
ALIAS(special_erf, "erf", special);
ALIAS(special_erfc, "erfc", special);
ALIAS(special_erfinv, "erfinv", special);
ALIAS(special_exp2, "exp2", special);
ALIAS(special_expit, "sigmoid", special);
ALIAS(special_expm1, "expm1", special);
ALIAS(special_gammainc, "igamma", special);
ALIAS(special_gammaincc, "igammac", special);
ALIAS(special_gammaln, "lgamma", special);
ALIAS(special_i0, "i0", special);
ALIAS(special_log1p, "log1p", special);
ALIAS(special_logit, "logit", special);
ALIAS(special_multigammaln, "mvlgamma", special);
ALIAS(special_polygamma, "polygamma", special);
ALIAS(special_sinc, "sinc", special);
ALIAS(special_xlogy, "xlogy", special);

}  // namespace flambeau
