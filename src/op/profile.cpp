// The records of a profiling thread. They lie in one list, in the order in which calls begin; a profile is a stretch of
// it, so that one inside another costs nothing twice.
#include "op/profile.h"

#include <time.h>

#include "memory/cpu_allocator.h"

namespace flambeau {
namespace {

struct Session {
  std::vector<ProfiledCall> records;
  std::vector<size_t> begun;  // where each running profile begins
  int shaped = 0;             // how many of them want sizes
  std::vector<bool> wants;
  int depth = 0;
};
thread_local Session* t_session = nullptr;  // made by the first profile of a thread, gone with the last

void note_arguments(const Call& call, ProfiledCall& record) {
  record.shaped = true;
  for (int i = 0; i < call.arguments(); ++i) {
    const Value& v = call.args[i];
    std::vector<Dims> sizes;
    if (v.is_tensor())
      sizes.push_back(Dims(v.tensor().sizes()));
    else if (v.is_tensors())
      for (const Tensor& t : v.tensors())
        if (t.defined()) sizes.push_back(Dims(t.sizes()));
    record.scalars.push_back(v.is_tensor() || v.is_tensors() ? Value() : v);
    record.arguments.push_back(std::move(sizes));
  }
}

void note_results(const Call& call, ProfiledCall& record) {
  for (const Value& r : call.results)
    if (r.is_tensor()) record.results.push_back(Dims(r.tensor().sizes()));
}

// Ends its record when it goes, by an exception too. Records move as the list grows, so it keeps a place.
struct Running {
  explicit Running(ProfiledCall&& record) : place(t_session->records.size()) {
    record.depth = t_session->depth++;
    record.allocated = -static_cast<int64_t>(memory_stats().allocated);
    t_session->records.push_back(std::move(record));
    t_session->records.back().start = profile::now();
  }
  ~Running() { end(place); }
  static void end(size_t place) {
    int64_t end = profile::now();
    if (!t_session || place >= t_session->records.size()) return;  // the profile was stopped inside
    ProfiledCall& record = t_session->records[place];
    record.end = end;
    record.allocated += static_cast<int64_t>(memory_stats().allocated);
    t_session->depth = record.depth;
  }
  size_t place;
};

}  // namespace

namespace profile {

int64_t now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

bool running() { return t_session; }

size_t start(bool shapes) {
  if (!t_session) t_session = new Session;
  t_session->begun.push_back(t_session->records.size());
  t_session->wants.push_back(shapes);
  t_session->shaped += shapes;
  t_state.included |= key::Profile;
  return t_session->begun.back();
}

std::vector<ProfiledCall> stop(size_t place) {
  check(t_session && !t_session->begun.empty() && t_session->begun.back() == place, ErrorKind::Runtime,
        "profile: stopped in another thread than it was started in, or before one that was started later");
  Session& s = *t_session;
  std::vector<ProfiledCall> records(s.records.begin() + static_cast<ptrdiff_t>(place), s.records.end());
  s.begun.pop_back();
  s.shaped -= s.wants.back();
  s.wants.pop_back();
  if (s.begun.empty()) {
    delete t_session;
    t_session = nullptr;
    t_state.included &= ~key::Profile;
  }
  int64_t end = now();
  for (ProfiledCall& record : records)
    if (!record.end) record.end = end;
  return records;
}

size_t enter(std::string name) {
  if (!t_session) return static_cast<size_t>(-1);
  ProfiledCall record;
  record.range = std::move(name);
  record.depth = t_session->depth++;
  record.allocated = -static_cast<int64_t>(memory_stats().allocated);
  size_t place = t_session->records.size();
  t_session->records.push_back(std::move(record));
  t_session->records.back().start = now();
  return place;
}

void leave(size_t place) {
  if (t_session && place < t_session->records.size() && !t_session->records[place].op) Running::end(place);
}

}  // namespace profile

void run_profiled(Call& call, void (*layers)(Call&)) {
  if (!t_session) return layers(call);
  ProfiledCall record;
  record.op = &call.op;
  record.form = call.form;
  if (t_session->shaped) note_arguments(call, record);
  bool shaped = record.shaped;
  Running running(std::move(record));
  layers(call);
  if (shaped && t_session && running.place < t_session->records.size())
    note_results(call, t_session->records[running.place]);
}

}  // namespace flambeau
