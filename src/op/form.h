// Forms: what an operator does for one layer or one device beyond its own block, attached to it by the room that knows
// that layer: FORM(sparse_coo, "mm"){.run = ...};   They are resolved once, into slots of the operator; a call finds
// its form without a name, and adding one touches one file.
#pragma once

#include <cstdint>
#include <vector>

namespace flambeau {

class Op;

enum class FormKind : uint8_t { sparse_coo, batch, tangent, mock };
inline constexpr int kFormKinds = 4;

// A form's type names its kind: static constexpr FormKind kind = FormKind::batch.
struct FormRegistrar {
  FormRegistrar(FormKind kind, const char* full_name, const void* form);
};

// What was registered, for the registry; by full name of the operator.
struct RegisteredForm {
  FormKind kind;
  const char* full_name;
  const void* form;
};
const std::vector<RegisteredForm>& registered_forms();

template <class F>
class FormSlot {
 public:
  explicit FormSlot(const char* full_name) : name_(full_name) {}
  FormRegistrar operator=(F form) const { return FormRegistrar(F::kind, name_, new F(std::move(form))); }

 private:
  const char* name_;
};

namespace forms {}  // namespace forms

#define FLAMBEAU_JOIN_(a, b) a##b
#define FLAMBEAU_JOIN(a, b) FLAMBEAU_JOIN_(a, b)
#define FORM(kind, full_name)                                                \
  static const ::flambeau::FormRegistrar FLAMBEAU_JOIN(form_, __COUNTER__) = \
      ::flambeau::FormSlot<::flambeau::forms::kind>(full_name) = ::flambeau::forms::kind

}  // namespace flambeau
