#pragma once

// What a cold-path call returns: a value, or an Error with one sentence for the operator (what
// failed, on what, and what to do). Hot paths return enums instead. Any thread.

#include "base/check.h"

#include <string>
#include <utility>
#include <variant>

namespace martlet {

// `code` is the process exit code that this error asks for when it ends a command (mosquitto's
// MOSQ_ERR_* numbers).
struct Error {
    std::string text;
    int code = 1;
};

template <typename T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    T& value() & {
        CHECK(ok());
        return std::get<0>(state_);
    }
    const T& value() const& {
        CHECK(ok());
        return std::get<0>(state_);
    }
    T&& value() && {
        CHECK(ok());
        return std::get<0>(std::move(state_));
    }
    const Error& error() const {
        CHECK(!ok());
        return std::get<1>(state_);
    }

  private:
    std::variant<T, Error> state_;
};

struct Done {};
using Status = Result<Done>;

}  // namespace martlet
