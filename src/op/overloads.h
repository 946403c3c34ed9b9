// The overloads under which ATen knows an operator: one block of the table stands for several of them. "add.Tensor"
// answers add.Tensor and add.Scalar, add_.Tensor and add_.Scalar, add.out and add.Scalar_out.
//
// By rule, from a signature "name.X(Tensor self, …) -> Tensor":
//   in place   name_.X(Tensor(a!) self, …) -> Tensor(a!)
//   out=       name.X_out(Tensor self, …, *, Tensor(a!) out) -> Tensor(a!), or name.out where X is empty;
//              without what only a new tensor has (layout, device, …); several results keep their names
//   numbers    name.Scalar(Tensor self, Scalar other) -> Tensor from a Tensor|Scalar other, and the two forms of it
// What has other names or arguments stands in ops/overload_names.cpp:
//   SERVES("add.Tensor", "add.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor")
#pragma once

#include "op/call.h"
#include "op/schema.h"

namespace flambeau {

struct Overload {
  const Op* op;
  Form form;
  Schema schema;
  // For each argument of the schema, the operator's argument, or for those that take a result -1 - its position.
  std::vector<int> places;
};

// The overloads of "add" or "add_", made when first asked for; empty where there is no such name. They stay for good.
const std::vector<Overload>& overloads_named(std::string_view name);
// Every name that has overloads, in order.
std::vector<std::string> overload_names();

// Further overloads of ATen that an operator answers: those with a number in a tensor's place, and in-place and out=
// forms that the rule would name otherwise.
struct ServesRegistrar {
  ServesRegistrar(const char* full_name, std::initializer_list<const char*> texts);
};
#define SERVES_JOIN(a, b) a##b
#define SERVES_AT(full_name, line, ...) \
  static const ::flambeau::ServesRegistrar SERVES_JOIN(serves_, line)(full_name, {__VA_ARGS__})
#define SERVES(full_name, ...) SERVES_AT(full_name, __COUNTER__, __VA_ARGS__)

}  // namespace flambeau
