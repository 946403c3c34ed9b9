// The mock device from C++: streams and events of the driver, the stream-ordered allocator, order of calls, failures.
#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/long_work.h"
#include "core/tensor.h"
#include "loops/copy.h"
#include "mock/backend.h"
#include "mock/driver.h"
#include "mock/stream_allocator.h"
#include "op/backend.h"

using namespace flambeau;
using mock::Driver;
using mock::Entry;

namespace {

const Device kMock{DeviceType::mock, 0};

std::vector<std::string> kinds() {
  std::vector<std::string> out;
  for (const auto& line : Driver::get().log()) out.push_back(line.substr(0, line.find(' ')));
  return out;
}

struct Fresh {
  Fresh() {
    mock::install();
    set_current_stream(DeviceType::mock, 0);
    mock::stream_allocator().empty_cache();
    Driver::get().clear_log();
  }
  ~Fresh() { set_current_stream(DeviceType::mock, 0); }
};

}  // namespace

TEST_CASE("mock: work runs when waited for, in order, and events order streams") {
  Fresh fresh;
  Driver& driver = Driver::get();
  std::string seen;
  int side = driver.create_stream();
  driver.launch(0, "a", [&] { seen += 'a'; });
  int event = driver.record(0);
  driver.launch(0, "b", [&] { seen += 'b'; });
  driver.wait(side, event);
  driver.launch(side, "c", [&] { seen += 'c'; });
  CHECK(seen.empty());
  CHECK_FALSE(driver.done(event));
  driver.synchronize(side);
  CHECK(seen == "ac");
  CHECK(driver.done(event));
  driver.synchronize(0);
  CHECK(seen == "acb");
  CHECK(kinds() ==
        std::vector<std::string>{"launch", "record", "launch", "wait", "launch", "synchronize", "synchronize"});
}

TEST_CASE("mock: copies between host and device, strided and cast") {
  Fresh fresh;
  Tensor host = empty(Dims{2, 3}, DType::float32);
  for (int i = 0; i < 6; ++i) host.data<float>()[i] = static_cast<float>(i);
  Tensor there = empty(Dims{2, 3}, DType::float32, {DeviceType::mock});
  CHECK(there.device() == kMock);
  copy_elements(there, host);
  host.data<float>()[0] = 100;  // the upload has taken its bytes already
  Tensor turned = alias(there, there.layout().transposed(0, 1));
  Tensor back = empty(Dims{3, 2}, DType::int64);
  copy_elements(back, turned);
  const int64_t expected[] = {0, 3, 1, 4, 2, 5};
  CHECK(std::memcmp(back.data(), expected, sizeof expected) == 0);
  fill_elements(turned, Scalar(2.5));
  CHECK(read_element(there, 4).to_double() == 2.5);
}

TEST_CASE("mock: the allocator reuses blocks on their stream, and waits for other streams") {
  Fresh fresh;
  auto& cache = mock::stream_allocator();
  int side = Driver::get().create_stream();
  void* a = cache.allocate(1000, kMock);
  cache.release(a, 1000, kMock);
  CHECK(cache.allocate(900, kMock) == a);  // of the same class
  set_current_stream(DeviceType::mock, side);
  void* b = cache.allocate(1000, kMock);
  CHECK(b != a);
  set_current_stream(DeviceType::mock, 0);

  int runs = 0;
  Driver::get().launch(side, "reader", [&] { ++runs; });
  cache.used_on(a, side);
  cache.release(a, 900, kMock);
  void* c = cache.allocate(1000, kMock);
  CHECK(c != a);
  Driver::get().synchronize(side);
  CHECK(runs == 1);
  CHECK(cache.allocate(1000, kMock) == a);
  for (void* p : {a, b, c}) cache.release(p, 1000, kMock);
  cache.empty_cache();
  CHECK(Driver::get().used() == 0);
  CHECK(cache.stats().cached == 0);
}

TEST_CASE("mock: failures are errors at the call") {
  Fresh fresh;
  Driver::get().fail(Entry::allocate, 0, 2);
  CHECK_THROWS_AS(empty(Dims{100}, DType::float32, kMock), Error);
  Tensor t = empty(Dims{100}, DType::float32, kMock);
  Driver::get().fail(Entry::launch, 0);
  CHECK_THROWS_AS(fill_elements(t, Scalar(1.0)), Error);
  fill_elements(t, Scalar(1.0));
  Driver::get().fail(Entry::copy, 0);
  CHECK_THROWS_AS(read_element(t), Error);
  CHECK(read_element(t).to_double() == 1.0);
  try {
    empty(Dims{int64_t{1} << 40}, DType::float32, kMock);
    CHECK(false);
  } catch (const Error& error) { CHECK(error.kind() == ErrorKind::OutOfMemory); }
}

TEST_CASE("long work: the lock is let go once, and never while forbidden") {
  static int held = 1, times = 0;
  auto let_go = LongWork::let_go;
  auto take_again = LongWork::take_again;
  LongWork::let_go = []() -> void* {
    if (!held) return nullptr;
    held = 0;
    ++times;
    return &held;
  };
  LongWork::take_again = [](void* state) { *static_cast<int*>(state) = 1; };
  {
    LongWork short_work(LongWork::kWorth - 1);
    CHECK(held == 1);
    LongWork outer(LongWork::kWorth);
    CHECK(held == 0);
    LongWork inner(LongWork::kWorth);
    CHECK(times == 1);
  }
  CHECK(held == 1);
  {
    LongWork::Forbid forbid;
    LongWork work(LongWork::kWorth);
    CHECK(held == 1);
  }
  LongWork::let_go = let_go;
  LongWork::take_again = take_again;
}
