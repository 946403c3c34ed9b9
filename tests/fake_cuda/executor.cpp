// Fibers, barriers and exchanges between the lanes of a warp. x86-64, System V.
#include "executor.h"

#include <sys/mman.h>

#include <algorithm>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

// Saves the callee-saved registers on the old stack and loads those of the new one.
asm(R"(
.text
.type executor_switch,@function
executor_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size executor_switch,.-executor_switch
)");
extern "C" void executor_switch(void** save, void* to);

extern "C" {
struct Index3 {
  unsigned x, y, z;
};
struct ExecutorThread {
  Index3 index;
  unsigned lane, warp;
};
struct ExecutorBlock {
  Index3 index, threads, grid;
  char* dynamic;
};
ExecutorThread* executor_thread;
ExecutorBlock executor_block;
}

namespace executor {
namespace {

constexpr size_t kStack = 256 << 10, kPage = 4096;

struct Meeting {  // of the lanes that a mask names
  unsigned mask = 0, arrived = 0, leaving = 0;
  alignas(16) char data[32][64];
};
struct Fiber;
struct Thread : ExecutorThread {
  enum State : uint8_t { fresh, ready, at_barrier, at_meeting, done } state = fresh;
  Fiber* fiber = nullptr;
  Meeting* meeting = nullptr;
};
struct Fiber {
  void* stack_pointer;
  Thread* thread = nullptr;
};
struct Warp {
  std::vector<std::unique_ptr<Meeting>> meetings;
};

const Launch* launched;
std::vector<Thread> threads;
std::vector<Warp> warps;
std::vector<Fiber*> idle;       // fibers that run no thread
std::vector<Thread*> runnable;  // threads that may go on, first come first
std::vector<unsigned> order;    // in which threads begin
std::vector<unsigned> rank_of;  // of warps, when one runs ahead
unsigned started, alive, waiting;
void* main_stack;
Fiber* entering;  // a fiber on its first entry
sigjmp_buf fault;
volatile bool running = false;
std::string error;
uint64_t random_state;
bool shuffled, ahead;

uint64_t draw() {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state * 0x2545F4914F6CDD1Dull >> 16;
}

void fiber_main();

Fiber* new_fiber() {
  static unsigned count = 0;
  auto* memory = static_cast<char*>(
      mmap(nullptr, kStack + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  mprotect(memory, kPage, PROT_NONE);  // an overflow is a fault, not silence
  // Tops at different offsets of a page, else all stacks would share a few sets of the cache.
  auto** top = reinterpret_cast<void**>(memory + kPage + kStack - count++ % 21 * 192);
  *--top = nullptr;
  *--top = reinterpret_cast<void*>(&fiber_main);
  for (int i = 0; i < 6; ++i) *--top = nullptr;
  return entering = new Fiber{top};
}
Fiber* some_fiber() {
  if (idle.empty()) return new_fiber();
  Fiber* f = idle.back();
  idle.pop_back();
  return f;
}

void make_runnable(Thread& t) {
  t.state = Thread::ready;
  runnable.push_back(&t);
}
size_t best_runnable() {
  size_t best = 0;
  for (size_t i = 1; i < runnable.size(); ++i)
    if (rank_of[runnable[i]->warp] < rank_of[runnable[best]->warp]) best = i;
  return best;
}
Thread* take_runnable() {
  size_t at = ahead ? best_runnable() : shuffled ? draw() % runnable.size() : 0;
  Thread* t = runnable[at];
  if (shuffled) {
    runnable[at] = runnable.back();
    runnable.pop_back();
  } else {
    runnable.erase(runnable.begin());
  }
  return t;
}
bool start_another() {
  bool more = started < threads.size();
  if (!more || runnable.empty()) return more;
  if (ahead) return rank_of[threads[order[started]].warp] <= rank_of[runnable[best_runnable()]->warp];
  return !shuffled || draw() & 1;
}

void open_barrier() {
  waiting = 0;
  for (Thread& t : threads)
    if (t.state == Thread::at_barrier) make_runnable(t);
}

void describe_deadlock() {
  if (!error.empty()) return;
  unsigned states[5] = {};
  for (Thread& t : threads) ++states[t.state];
  char text[256];
  std::snprintf(text, sizeof text,
                "deadlock in block (%u,%u): %u threads wait at __syncthreads, %u at a warp operation whose mask names "
                "lanes that do not come, %u have ended",
                executor_block.index.x, executor_block.index.y, states[Thread::at_barrier], states[Thread::at_meeting],
                states[Thread::done]);
  error = text;
}

// The running thread cannot go on: another takes over. Returns when it may.
void give_way() {
  Fiber* mine = static_cast<Thread*>(executor_thread)->fiber;
  if (start_another()) {
    Fiber* f = some_fiber();
    executor_switch(&mine->stack_pointer, f->stack_pointer);
  } else if (!runnable.empty()) {
    Thread* t = take_runnable();
    if (t->fiber == mine) return;
    executor_thread = t;
    executor_switch(&mine->stack_pointer, t->fiber->stack_pointer);
  } else {
    describe_deadlock();
    executor_switch(&mine->stack_pointer, main_stack);  // for good
    std::abort();
  }
  executor_thread = mine->thread;
}

// Thread after thread on one stack; only a thread that has to wait makes another fiber necessary.
void fiber_main() {
  Fiber* mine = entering;
  for (;;) {
    Thread* t = &threads[order[started++]];
    mine->thread = t;
    t->fiber = mine;
    t->state = Thread::ready;
    executor_thread = t;
    launched->entry(launched->arguments);
    t->state = Thread::done;
    t->fiber = nullptr;
    mine->thread = nullptr;
    if (--alive && waiting == alive) open_barrier();
    if (!alive) {
      idle.push_back(mine);
      executor_switch(&mine->stack_pointer, main_stack);
    } else if (start_another()) {
      continue;
    } else if (!runnable.empty()) {
      Thread* next = take_runnable();
      executor_thread = next;
      idle.push_back(mine);
      executor_switch(&mine->stack_pointer, next->fiber->stack_pointer);
    } else {
      describe_deadlock();
      executor_switch(&mine->stack_pointer, main_stack);
    }
  }
}

void on_fault(int signal, siginfo_t* info, void*) {
  if (!running) {
    std::signal(signal, SIG_DFL);
    return;
  }
  char text[160];
  const Index3& b = executor_block.index;
  const Index3& t = executor_thread->index;
  std::snprintf(text, sizeof text, "illegal address %p in block (%u,%u,%u), thread (%u,%u,%u)", info->si_addr, b.x, b.y,
                b.z, t.x, t.y, t.z);
  error = text;
  siglongjmp(fault, 1);
}

void install_handlers() {
  static bool done = false;
  if (std::exchange(done, true)) return;
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGSEGV, &action, nullptr);
  sigaction(SIGBUS, &action, nullptr);
}

void prepare_block(unsigned n, uint64_t at, char* dynamic) {
  const unsigned* grid = launched->grid;
  const unsigned* block = launched->block;
  executor_block = {{static_cast<unsigned>(at % grid[0]), static_cast<unsigned>(at / grid[0] % grid[1]),
                     static_cast<unsigned>(at / grid[0] / grid[1])},
                    {block[0], block[1], block[2]},
                    {grid[0], grid[1], grid[2]},
                    dynamic};
  // Nobody may count on what shared memory holds at the beginning.
  if (launched->shared_end > launched->shared_begin)
    std::memset(launched->shared_begin, 0xff, launched->shared_end - launched->shared_begin);
  std::memset(dynamic, 0xff, launched->dynamic_bytes);
  unsigned i = 0;
  for (unsigned z = 0; z < block[2]; ++z)
    for (unsigned y = 0; y < block[1]; ++y)
      for (unsigned x = 0; x < block[0]; ++x, ++i) {
        Thread& t = threads[i];
        static_cast<ExecutorThread&>(t) = {{x, y, z}, i % 32, i / 32};
        t.state = Thread::fresh;
        t.fiber = nullptr;
        t.meeting = nullptr;
      }
  std::iota(order.begin(), order.end(), 0);
  if (ahead) {
    rank_of.resize(warps.size());
    std::iota(rank_of.begin(), rank_of.end(), 0);
    for (size_t k = rank_of.size(); k > 1; --k) std::swap(rank_of[k - 1], rank_of[draw() % k]);
    std::stable_sort(order.begin(), order.end(),
                     [](unsigned a, unsigned b) { return rank_of[a / 32] < rank_of[b / 32]; });
  } else if (shuffled) {
    for (unsigned k = n; k > 1; --k) std::swap(order[k - 1], order[draw() % k]);
  }
  for (Warp& w : warps)
    for (auto& m : w.meetings) m->arrived = m->leaving = 0;
  runnable.clear();
  started = waiting = 0;
  alive = n;
}

}  // namespace

std::string run(const Launch& launch, uint64_t seed) {
  install_handlers();
  launched = &launch;
  error.clear();
  shuffled = seed != 0;
  ahead = seed & 1;
  random_state = seed * 0x9E3779B97F4A7C15ull + 0x1234567;
  unsigned n = launch.block[0] * launch.block[1] * launch.block[2];
  std::unique_ptr<char, void (*)(void*)> dynamic(
      static_cast<char*>(std::aligned_alloc(128, (launch.dynamic_bytes + 255) / 128 * 128)), std::free);
  threads.resize(n);
  warps.resize((n + 31) / 32);
  order.resize(n);
  uint64_t blocks = uint64_t{launch.grid[0]} * launch.grid[1] * launch.grid[2], step = 1, at = 0;
  if (shuffled && blocks > 2) {  // an affine walk over the grid
    do step = draw() % blocks | 1;
    while (std::gcd(step, blocks) != 1);
    at = draw() % blocks;
  }
  for (uint64_t b = 0; b < blocks; ++b, at = (at + step) % blocks) {
    prepare_block(n, at, dynamic.get());
    Fiber* first = some_fiber();
    running = true;
    if (!sigsetjmp(fault, 0)) executor_switch(&main_stack, first->stack_pointer);
    running = false;
    if (!error.empty()) {
      idle.clear();  // the fibers of this block are in the middle of something: they are let go
      return error;
    }
  }
  return {};
}

}  // namespace executor

using namespace executor;
extern "C" {

void executor_barrier() {
  auto* t = static_cast<Thread*>(executor_thread);
  t->state = Thread::at_barrier;
  if (++waiting == alive) open_barrier();
  give_way();
}

void executor_trap(const char* why) {
  error = why;
  auto* t = static_cast<Thread*>(executor_thread);
  executor_switch(&t->fiber->stack_pointer, main_stack);
}

const char* executor_exchange(unsigned mask, const void* mine, unsigned bytes) {
  auto* t = static_cast<Thread*>(executor_thread);
  if (!(mask >> t->lane & 1)) executor_trap("a lane calls a warp operation whose mask does not name it");
  Warp& w = warps[t->warp];
  Meeting* m = nullptr;
  for (auto& open : w.meetings)
    if (open->arrived && open->arrived != mask && open->mask == mask && !(open->arrived >> t->lane & 1)) m = open.get();
  if (!m)
    for (auto& free : w.meetings)
      if (!free->arrived && !free->leaving) m = free.get();
  if (!m) {
    w.meetings.push_back(std::make_unique<Meeting>());
    m = w.meetings.back().get();
  }
  if (!m->arrived) m->mask = mask;
  std::memcpy(m->data[t->lane], mine, bytes);
  m->arrived |= 1u << t->lane;
  t->meeting = m;
  if (m->arrived == mask) {
    m->leaving = mask;
    for (unsigned lane = 0; lane < 32; ++lane)
      if (lane != t->lane && mask >> lane & 1) make_runnable(threads[t->warp * 32 + lane]);
  } else {
    t->state = Thread::at_meeting;
    give_way();
  }
  return m->data[0];
}

void executor_exchanged() {
  auto* t = static_cast<Thread*>(executor_thread);
  Meeting* m = t->meeting;
  m->leaving &= ~(1u << t->lane);
  if (!m->leaving) m->arrived = 0;
}

}  // extern "C"
