// The test program's main; every other file of this folder adds tests. As in Python, threads that have no work spin
// only shortly (libgomp reads the variable when it is loaded, so the program starts itself once more).
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>

int main(int argc, char** argv) {
  if (!std::getenv("GOMP_SPINCOUNT") && !std::getenv("OMP_WAIT_POLICY")) {
    setenv("GOMP_SPINCOUNT", "10000", 1);
    execv("/proc/self/exe", argv);
  }
  return doctest::Context(argc, argv).run();
}
