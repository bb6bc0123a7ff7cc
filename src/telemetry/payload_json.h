#pragma once

// The door to the JSON reader of payloads (simdjson). Reads a whole document into a flat list of
// its leaves, which is all that decoders need: {"gps":{"lat":1}} is one leaf "gps.lat". One reader
// for each decoder, used again for each payload; one thread at a time.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

enum class LeafType : std::uint8_t { Null, Boolean, Integer, Real, Text, EmptyObject, EmptyArray };

// The document itself is a leaf with an empty path when it is no object or array.
struct JsonLeaf {
    std::string_view path;  // names joined by '.', places in arrays as numbers: "rxInfo.0.rssi"
    LeafType type = LeafType::Null;
    std::int64_t integer = 0;  // Integer; 0 or 1 of Boolean. Larger than 64 bits: Real
    double number = 0;         // of Integer, Real and Boolean
    std::string_view text;     // Text
};

class PayloadJson {
  public:
    PayloadJson();
    ~PayloadJson();
    PayloadJson(const PayloadJson&) = delete;
    PayloadJson& operator=(const PayloadJson&) = delete;

    // Bounds: 1 MiB, 64 levels, 10,000 leaves, 2 MiB of paths. Empty: fine. Otherwise why not, in a
    // few words ("not JSON", "empty", "too long", "too deep", "too many values", "names too long").
    // A whole number of more than 64 bits is "not JSON" to the library.
    std::string_view read(std::string_view payload);

    // What the last read() found, in the order of the document; views until the next one.
    const std::vector<JsonLeaf>& leaves() const { return leaves_; }
    bool is_object() const { return is_object_; }
    bool is_array() const { return is_array_; }
    // The first leaf with exactly this path; null: none.
    const JsonLeaf* find(std::string_view path) const;

  private:
    struct Parser;
    std::unique_ptr<Parser> parser_;
    std::vector<JsonLeaf> leaves_;
    bool is_object_ = false;
    bool is_array_ = false;
};

// A number, or a text that is one ("234", "23,5", " 1e3 "); with `text_too` false only a number.
// False: neither, or not finite.
bool as_number(const JsonLeaf& leaf, double& number, bool text_too = true);
// The same of a text alone. A comma is taken for the decimal sign when there is no point.
bool as_number(std::string_view text, double& number);

}  // namespace martlet::telemetry
