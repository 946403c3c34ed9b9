// Shared memory: blocks of arenas against a model, processes that are killed anywhere, what comes back.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "core/error.h"
#include "memory/arena.h"
#include "memory/shared_memory.h"

using namespace flambeau;

namespace {

// Runs `body` in a forked process; its end by a signal or a false answer fails.
template <class Body>
bool in_child(Body body) {
  pid_t pid = fork();
  if (pid == 0) _exit(body() ? 0 : 1);
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

unsigned char* bytes_of(const Ref<Storage>& storage) { return static_cast<unsigned char*>(storage->data()); }

}  // namespace

TEST_CASE("blocks keep their bytes whatever is shared and dropped around them") {
  std::mt19937 random(1);
  struct Kept {
    Ref<Storage> storage;
    unsigned char value;
  };
  std::vector<Kept> kept;
  const int64_t before = shared_memory_stats().owned;
  for (int step = 0; step < 20'000; ++step) {
    if (kept.size() > 60 || (!kept.empty() && random() % 2)) {
      size_t i = random() % kept.size();
      Storage& s = *kept[i].storage;
      auto* data = bytes_of(kept[i].storage);
      for (size_t at : {size_t{0}, s.nbytes() / 2, s.nbytes() - 1}) CHECK(data[at] == kept[i].value);
      kept[i] = std::move(kept.back());
      kept.pop_back();
    } else {
      size_t bytes = 1 + random() % (random() % 20 == 0 ? 3'000'000 : random() % 3 ? 300 : 100'000);
      auto value = static_cast<unsigned char>(step);
      kept.push_back({new_shared(bytes), value});
      CHECK(reinterpret_cast<uintptr_t>(bytes_of(kept.back().storage)) % 64 == 0);
      std::memset(bytes_of(kept.back().storage), value, bytes);
    }
    if (step % 2'500 == 0) tend_shared_memory();
  }
  kept.clear();
  tend_shared_memory();
  CHECK(shared_memory_stats().owned == before);
  CHECK(shared_memory_stats().cached < 1 << 20);
}

TEST_CASE("a ticket gives the same storage, here and in another process") {
  auto storage = make<Storage>(size_t{1000}, Device{});
  std::memset(storage->data(), 7, 1000);
  SharedTicket ticket = send(*storage);
  CHECK(is_shared(*storage));
  CHECK(bytes_of(storage)[999] == 7);
  CHECK(in_child([&] {
    auto got = receive(ticket);
    bytes_of(got)[5] = 9;
    return got.get() == storage.get() && bytes_of(got)[999] == 7;
  }));
  CHECK(bytes_of(storage)[5] == 9);
  CHECK_FALSE(storage->resizable());

  // A child's own arena, which the parent maps while the child lives.
  int there[2], back[2];
  REQUIRE((pipe(there) == 0 && pipe(back) == 0));
  pid_t pid = fork();
  if (pid == 0) {
    auto mine = new_shared(1 << 20);
    std::memset(mine->data(), 3, 1 << 20);
    SharedTicket answer = send(*mine);
    bool good = write(there[1], &answer, sizeof answer) == sizeof answer;
    char byte;
    good = read(back[0], &byte, 1) == 1 && good;
    _exit(good && bytes_of(mine)[77] == 5 ? 0 : 1);
  }
  SharedTicket answer;
  REQUIRE(read(there[0], &answer, sizeof answer) == sizeof answer);
  auto got = receive(answer);
  CHECK(bytes_of(got)[(1 << 20) - 1] == 3);
  bytes_of(got)[77] = 5;
  CHECK(write(back[1], "x", 1) == 1);
  int status;
  waitpid(pid, &status, 0);
  CHECK(status == 0);
  CHECK(bytes_of(got)[77] == 5);  // outlives its owner
  CHECK_THROWS_AS(receive([&] {
                    SharedTicket wrong = answer;
                    wrong.generation += 1;
                    return wrong;
                  }()),
                  Error);
  CHECK_THROWS_AS(receive([&] {
                    SharedTicket wrong = answer;
                    wrong.token[0] ^= 1;
                    return wrong;
                  }()),
                  Error);
  const int64_t mapped = shared_memory_stats().arenas;
  got = nullptr;
  usleep(300'000);
  tend_shared_memory();
  CHECK(shared_memory_stats().arenas == mapped - 1);
}

TEST_CASE("a storage that is received while it is let go") {
  const int64_t before = shared_memory_stats().owned;
  for (int round = 0; round < 3'000; ++round) {
    auto storage = new_shared(64);
    std::memset(storage->data(), round, 64);
    SharedTicket first = send(*storage), second = send(*storage);
    std::atomic<int> waiting{3};
    auto wait = [&] {
      --waiting;
      while (waiting > 0) std::this_thread::yield();
    };
    bool right[2] = {};
    auto take = [&](int which, const SharedTicket& ticket) {
      wait();
      auto got = receive(ticket);
      right[which] = bytes_of(got)[63] == static_cast<unsigned char>(round);
    };
    std::thread a(take, 0, first), b(take, 1, second);
    wait();
    storage = nullptr;
    a.join(), b.join();
    REQUIRE((right[0] && right[1]));
  }
  CHECK(shared_memory_stats().owned == before);
}

TEST_CASE("what killed processes held comes back") {
  const SharedMemoryStats before = shared_memory_stats();
  std::mt19937 random(2);
  for (int round = 0; round < 60; ++round) {
    std::vector<Ref<Storage>> held;
    std::vector<SharedTicket> tickets;
    for (int i = 0; i < 20; ++i) {
      held.push_back(new_shared(500 + 70'000 * (i % 3)));
      tickets.push_back(send(*held.back()));
    }
    int born[2];
    REQUIRE(pipe(born) == 0);
    pid_t pid = fork();
    if (pid == 0) {
      if (write(born[1], "x", 1) != 1) _exit(1);
      std::vector<Ref<Storage>> own;
      for (size_t i = 0;; ++i) {
        if (i < tickets.size()) own.push_back(receive(tickets[i]));
        if (i >= 10 && i - 10 < held.size()) held[i - 10] = nullptr;
        SharedTicket mine = send(*new_shared(4'000));
        own.push_back(receive(mine));
        if (i % 3 == 0) own.erase(own.begin());
        if (i % 8 == 0) tend_shared_memory();
      }
    }
    held.clear();
    char byte;
    CHECK(read(born[0], &byte, 1) == 1);
    close(born[0]), close(born[1]);
    usleep(random() % 3'000);
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    for (auto& ticket : tickets) recall(ticket);  // for the child that did not get to it
    tend_shared_memory();
    SharedMemoryStats now = shared_memory_stats();
    CHECK(now.owned == before.owned);
    CHECK(now.lent == before.lent);
  }
}

TEST_CASE("sizes that cannot be had are errors") {
  CHECK_THROWS_AS(new_shared(size_t{1} << 45), Error);
  CHECK_THROWS_AS(new_shared(SIZE_MAX), Error);
  auto small = new_shared(0);
  CHECK(small->nbytes() == 0);
}
