// Times of operator calls: while a thread profiles, every call of it, those inside others and those of a backward pass
// too, leaves a record. key::Profile of the thread says that it does; otherwise nothing is looked at.
#pragma once

#include <string>
#include <vector>

#include "op/call.h"

namespace flambeau {

struct ProfiledCall {
  const Op* op = nullptr;  // none for a range that Python named
  Form form = Form::functional;
  std::string range;
  int64_t start = 0, end = 0;                // nanoseconds of the steady clock; end is 0 while the call runs
  int depth = 0;                             // how many calls and ranges it lies in
  int64_t allocated = 0;                     // bytes that are in use after it and were not before
  bool shaped = false;                       // whether `arguments` and `results` were noted
  std::vector<Value> scalars;                // arguments as they were given, tensors left out
  std::vector<std::vector<Dims>> arguments;  // of each argument: the sizes of its tensors
  std::vector<Dims> results;
};

namespace profile {
// From here on this thread's calls are noted, until `stop`; may be nested. Gives the place where its records begin.
size_t start(bool shapes);
// The records since `start` gave that place. The innermost is stopped first.
std::vector<ProfiledCall> stop(size_t place);
bool running();
int64_t now();
// A range inside: `enter` gives what `leave` wants. Both do nothing where the thread does not profile.
size_t enter(std::string name);
void leave(size_t place);
}  // namespace profile

// `run` of a thread that profiles: notes the call around `layers`.
void run_profiled(Call& call, void (*layers)(Call&));

}  // namespace flambeau
