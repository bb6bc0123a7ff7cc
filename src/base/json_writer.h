#pragma once

// Writes JSON text into a string, member by member: no tree is built. The caller says begin and end
// in the right order; commas come by themselves. Text that is not UTF-8 is mended (U+FFFD), numbers
// that JSON cannot say become null. Any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace martlet {

class JsonWriter {
  public:
    // Appends to `out`, which outlives it.
    explicit JsonWriter(std::string& out) : out_(out) {}

    JsonWriter& begin_object();
    JsonWriter& end_object();
    JsonWriter& begin_array();
    JsonWriter& end_array();
    JsonWriter& key(std::string_view name);
    JsonWriter& text(std::string_view value);
    JsonWriter& integer(std::int64_t value);
    // The shortest text that reads back as the same number: for numbers that somebody told.
    JsonWriter& number(double value);
    // A computed number, without its rounding noise (base/figure.h); nothing: null.
    JsonWriter& figure(std::optional<double> value);
    JsonWriter& boolean(bool value);
    JsonWriter& null();
    // JSON text that is sound already.
    JsonWriter& raw(std::string_view json);

  private:
    void separate();

    std::string& out_;
    bool needs_comma_ = false;
};

}  // namespace martlet
