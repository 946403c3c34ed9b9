// Operator signatures in ATen's notation, parsed: "add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "op/value.h"

namespace flambeau {

enum class ArgType : uint8_t {
  Tensor,
  Scalar,
  Int,
  Float,
  Bool,
  Text,
  DType,
  Layout,
  Device,
  MemoryFormat,
  Generator,
  Stream,
  Storage,
  Dimname,
  Any,
};

struct Argument {
  std::string name;
  ArgType type = ArgType::Any;
  bool optional = false;  // accepts None
  bool list = false;
  bool optional_items = false;  // Tensor?[]
  int list_size = 0;            // int[2]: a single number stands for all
  bool keyword_only = false;
  bool has_default = false;
  bool written = false;  // (a!)
  bool aliased = false;  // (a)
  Value fallback;
  bool is_tensor() const { return type == ArgType::Tensor && !list; }
};

struct Return {
  std::string name;  // of a named tuple's field, or empty
  ArgType type = ArgType::Tensor;
  bool list = false;
  bool aliased = false, written = false;
};

struct Signature {
  std::string name, overload;  // "add", "Tensor"
  std::vector<Argument> arguments;
  std::vector<Return> returns;
  std::string text;

  std::string full_name() const { return overload.empty() ? name : name + "." + overload; }
  int index_of(std::string_view argument) const;  // -1 when there is none
};

Signature parse_signature(std::string_view text);
// "add(Tensor input, Tensor other, *, Number alpha)": as shown in errors about arguments.
std::string show_for_python(const Signature& signature, bool method);

}  // namespace flambeau
