#pragma once

// Writes JSON as cJSON, and so mosquitto_sub, lays it out: all in one line, or "pretty" with tabs.
// The caller keeps the calls in order. One thread.

#include <string>
#include <string_view>

namespace martlet::cli {

class JsonWriter {
  public:
    JsonWriter(bool is_pretty, std::string& out) : out_(out), is_pretty_(is_pretty) {}

    void begin_object();
    void end_object();
    void begin_array();
    void end_array();
    void key(std::string_view text);
    // A key that is in JSON already, with its quotes.
    void raw_key(std::string_view json);

    void text(std::string_view value);
    void number(std::uint64_t value);
    // A scalar that is in JSON already.
    void raw(std::string_view json);

  private:
    void separate();
    void indent();

    std::string& out_;
    std::string inside_;  // of '{' and '['
    bool is_pretty_;
    bool is_first_ = true;
    bool is_behind_key_ = false;
};

// With quotes. Bytes that are no UTF-8 become U+FFFD, so that the whole stays JSON.
void append_json_text(std::string_view text, std::string& out);

}  // namespace martlet::cli
