// Anomaly mode; see the header.
#include "autograd/anomaly.h"

#include "op/call.h"

namespace flambeau {

thread_local bool t_anomaly_checks_nan = true;

namespace {

// By sequence number, which is never used twice; a program that stays in anomaly mode keeps the latest nodes only.
struct Places {
  static constexpr size_t kMost = 1 << 16;
  std::mutex mutex;
  std::map<uint64_t, Ref<VersionCounter>> by_sequence;
};
Places& places() {
  static auto* all = new Places;
  return *all;
}

std::string place_of(const Node& node) {
  std::lock_guard lock(places().mutex);
  auto found = places().by_sequence.find(node.sequence);
  if (found == places().by_sequence.end()) return "";
  std::string text = found->second->last_change();
  size_t at = text.find(" in ");
  return at == std::string::npos ? "" : " The forward call stands" + text.substr(at);
}

}  // namespace

void remember_place(const Node& node) {
  if (!VersionCounter::record_place) return;
  auto place = make<VersionCounter>();
  VersionCounter::record_place(*place);
  Ref<VersionCounter> dropped;
  std::lock_guard lock(places().mutex);
  auto& table = places().by_sequence;
  table[node.sequence] = place;
  if (table.size() > Places::kMost) {
    dropped = table.begin()->second;
    table.erase(table.begin());
  }
}

void check_no_nan(const Node& node, const std::vector<Tensor>& grads) {
  static const OpCall isnan("isnan"), any("any"), item("item");
  GradMode off(false);
  for (size_t i = 0; i < grads.size(); ++i) {
    if (!grads[i].defined() || !is_differentiable(grads[i].dtype()) || grads[i].numel() == 0) continue;
    if (!item({any({isnan({grads[i]}).tensor()}).tensor()}).boolean()) continue;
    raise(ErrorKind::Runtime, "Function '", node.name(), "' returned nan values in its ", i, "th output.",
          place_of(node));
  }
}

}  // namespace flambeau
