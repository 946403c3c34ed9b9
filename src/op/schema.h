// A signature with what only its text says: its namespace, and the types as they are written.
#pragma once

#include "op/signature.h"

namespace flambeau {

struct Schema {
  std::string space;  // "mine" of "mine::add.Tensor"; empty for ATen's
  Signature signature;
  std::vector<std::string> argument_types, return_types;  // "SymInt[2]", "Tensor(a!)[]"

  std::string full_name() const;  // "aten::add.Tensor"
};

Schema parse_schema(std::string_view text);
Schema parse_whole_schema(std::string_view text);  // of a user: defaults stand at the end
// "aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor", written as PyTorch writes its schemas.
std::string show_schema(const Schema& schema);
std::string show_default(const Argument& argument, std::string_view type);
int64_t number_of(DType type);  // the number that stands for the type in schemas

}  // namespace flambeau
