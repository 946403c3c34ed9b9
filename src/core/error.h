// The one exception type of the library. It carries its kind, so that the Python face can raise the matching exception
// class; the message always begins with the name of the operator or function that failed.
#pragma once

#include <exception>
#include <sstream>
#include <string>
#include <utility>

namespace flambeau {

enum class ErrorKind { Runtime, Index, Type, Value, NotImplemented, LinAlg, OutOfMemory, Attribute, Overflow };

class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}
  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  ErrorKind kind_;
  std::string message_;
};

// raise(ErrorKind::Value, "softmax: dim is ", dim, ", but ...")
template <class... Parts>
[[noreturn]] __attribute__((cold, noinline)) void raise(ErrorKind kind, const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  throw Error(kind, text.str());
}

// check(condition, ErrorKind::Runtime, "parts of the message", ...) evaluates its message only on failure.
template <class... Parts>
inline void check(bool holds, ErrorKind kind, const Parts&... parts) {
  if (__builtin_expect(!holds, 0)) raise(kind, parts...);
}

}  // namespace flambeau
