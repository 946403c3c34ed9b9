// Forms as they were registered, until the registry resolves them.
#include "op/form.h"

namespace flambeau {

static std::vector<RegisteredForm>& all() {
  static auto* forms = new std::vector<RegisteredForm>;
  return *forms;
}

FormRegistrar::FormRegistrar(FormKind kind, const char* full_name, const void* form) {
  all().push_back({kind, full_name, form});
}

const std::vector<RegisteredForm>& registered_forms() { return all(); }

}  // namespace flambeau
