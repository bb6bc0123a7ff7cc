#pragma once

// A list that is told page by page: how much of it goes into one answer, and where the next page
// begins. One answer, one thread.

#include "base/json_writer.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace martlet::http {

class Page {
  public:
    // Beyond this a page ends before its limit: many large rows are not to fill the memory.
    static constexpr std::size_t kBytesMax = std::size_t{16} << 20;

    // `body` is what the rows are written to, and outlives it.
    Page(const std::string& body, std::size_t limit) : body_(body), limit_(limit) {}

    // Whether one more goes into it. Asked once before each row; after "no" no more.
    bool takes_one();
    bool has_more() const { return has_more_; }
    // Closes the array; "next" is the last row's key if there are more rows, else null.
    void end(JsonWriter& json, std::int64_t last) const;
    void end(JsonWriter& json, std::string_view last) const;

  private:
    const std::string& body_;
    const std::size_t limit_;
    std::size_t given_ = 0;
    bool has_more_ = false;
};

}  // namespace martlet::http
