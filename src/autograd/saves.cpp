// What operators keep; see the header.
#include "autograd/saves.h"

#include <unordered_map>

namespace flambeau {

namespace {

int argument_of(const Op& op, std::string_view item, std::string_view name) {
  int i = op.signature.index_of(name);
  check(i >= 0, ErrorKind::Runtime, op.name, ": saves '", item, "', and '", name, "' is not an argument");
  return i;
}

std::vector<Kept> parse(const Op& op) {
  std::vector<Kept> all;
  for (std::string_view item : op.spec.saves.arguments) {
    Kept one;
    size_t at = std::min(item.find(" for "), item.size());
    std::string_view what = item.substr(0, at);
    one.copy = what.starts_with("copy of ");
    if (one.copy) what.remove_prefix(8);
    if (what.starts_with("result"))
      one.result = what.size() > 6 ? what[6] - '0' : 0;
    else
      one.argument = argument_of(op, item, what);
    if (at < item.size()) one.wanted_by = 0;
    for (at += 5; at < item.size();) {
      size_t comma = std::min(item.find(", ", at), item.size());
      one.wanted_by |= 1u << argument_of(op, item, item.substr(at, comma - at));
      at = comma + 2;
    }
    all.push_back(one);
  }
  for (int r = 0; r < 32; ++r)
    if (op.spec.saves.results >> r & 1) all.push_back({.result = r});
  return all;
}

}  // namespace

const std::vector<Kept>& kept_by(const Op& op) {
  static const auto* table = [] {
    auto* made = new std::unordered_map<const Op*, std::vector<Kept>>;
    for (const Op* each : Registry::get().all()) made->emplace(each, parse(*each));
    return made;
  }();
  static const std::vector<Kept> none;
  auto found = table->find(&op);
  return found == table->end() ? none : found->second;
}

}  // namespace flambeau
