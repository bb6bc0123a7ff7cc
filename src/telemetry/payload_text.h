#pragma once

// Payloads that are text but no JSON: form-encoded text, `key=value` pairs, InfluxDB's line
// protocol. They become the same leaves as JSON, so that decoders need not know the difference. One
// reader for each decoder; one thread at a time. payload_json.h has payload_without_padding().

#include "telemetry/payload_json.h"

#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

struct Line;

enum class TextForm : std::uint8_t {
    None,   // none of the forms below
    Pairs,  // "field1=21.5&field2=40" (percent-decoded), "temp:21.5;hum:40", "a=1,b=2", "a=1 b=2"
    Lines,  // line protocol; each line is a record
};

class PayloadText {
  public:
    // What `payload` is. Prose is none of the forms: all of the text must fit. Bytes that are no
    // UTF-8 become U+FFFD.
    TextForm read(std::string_view payload);

    // The leaves of what read() found; views until the next read().
    // Pairs: the path is the key, dots and all; values are texts as sent, without their quotes.
    // Lines: a record is "I.measurement", "I.tags.NAME", "I.fields.NAME", "I.timestamp" with I from
    // 0 on. Fields have their types (NaN: null); the timestamp is a whole number as sent, which is
    // ns unless the sender chose another precision (the size tells).
    const std::vector<JsonLeaf>& leaves() const { return leaves_; }

    // Why a text that began as one of the forms was not read: "too long" (1 MiB), "too many pairs"
    // (256), "too many lines" (1,000), "too many values" (10,000). Empty: it is no such text.
    std::string_view problem() const { return problem_; }

    // Lines that were left out ("line 3", "not line protocol") and fields without a value
    // ("line 3", "not a number"), at most 16.
    const std::vector<JsonFault>& faults() const { return faults_; }

  private:
    // Where a leaf's path and text stand in `texts_`, which moves while it grows.
    struct Place {
        std::size_t path = 0;
        std::size_t path_bytes = 0;
        std::size_t text = 0;
        std::size_t text_bytes = 0;
    };
    struct Syntax;

    bool read_pairs(std::string_view text, const Syntax& syntax);
    bool read_lines(std::string_view text);
    // True: a field has no value.
    bool add_line(const Line& line, std::size_t record);
    void add(std::string_view path, std::string_view text, const JsonLeaf& leaf);
    void clear();
    void point_to_texts();

    std::vector<JsonLeaf> leaves_;
    std::vector<Place> places_;  // one for each leaf
    std::string texts_;          // what leaves point to
    std::string_view problem_;
    std::vector<JsonFault> faults_;
};

}  // namespace martlet::telemetry
