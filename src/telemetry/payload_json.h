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
    std::uint16_t depth = 0;      // names and places in `path`
    std::uint32_t key_begin = 0;  // where the last of them begins: names may hold dots themselves
    std::int64_t integer = 0;     // Integer; 0 or 1 of Boolean
    double number = 0;            // of Integer, Real and Boolean
    // Of Text. Of Real: the digits as written, when it is a whole number that `integer` cannot hold
    // (18446744073709551615); `number` has lost some of them. Empty for all others.
    std::string_view text;
    // Bit i: the i-th part of the path, from 0 on, is a place in an array and no name.
    std::uint64_t array_levels = 0;

    // The last name or place: "1.8.0" of {"obis":{"1.8.0":7}}.
    std::string_view key() const { return path.substr(key_begin); }
    bool is_place_at(std::size_t level) const {
        return level < 64 && (array_levels >> level & 1) != 0;
    }
};

// A value that was lost, or mended so that it could be read.
struct JsonFault {
    // Of the value, names as they are written; at most 256 bytes. Of a name or a comma that was
    // mended: the object or array that it stands in. Empty: the document itself, `byte` tells more.
    std::string path;
    std::string_view what;  // "not a number", "not UTF-8": the same words for the same reason
    std::size_t byte = 0;   // of the payload, the first is 0; not told by PayloadText
};

// `payload` without a byte order mark, without NULs at its end, and without blanks around it. No
// other byte is skipped.
std::string_view payload_without_padding(std::string_view payload);

class PayloadJson {
  public:
    PayloadJson();
    ~PayloadJson();
    PayloadJson(const PayloadJson&) = delete;
    PayloadJson& operator=(const PayloadJson&) = delete;

    // Bounds: 1 MiB, 64 levels, 10,000 leaves, 2 MiB of paths. Empty: fine. Otherwise why not, in a
    // few words, the same for the same reason: "not JSON", "empty", "too long", "too deep", "too
    // many values", "names too long". Padding around the document is skipped, garbage is not.
    // One bad value in an object or array costs that value only; see faults().
    std::string_view read(std::string_view payload);

    // Where the last read() found no JSON, for people: "at byte 31 (after key 'temp')", "second
    // document begins at byte 21", "cut off at byte 83". The first byte of the payload is 0. Empty:
    // it did not say "not JSON", or the payload is a bare word such as NaN. Kept apart from the
    // problem, since outcomes are counted by that. A view until the next read().
    std::string_view place() const;

    // What the last read() lost or mended, at most 16. A value that was lost is a Null leaf (NaN,
    // Infinity, undefined, 1e999, 0x1F, 1,234); whole numbers of more than 64 bits became Real;
    // bytes that are no UTF-8 and lone surrogates became U+FFFD; `+7`, `.5`, `07`, 21,5 (in an
    // object), raw control characters, commas at the end, single quotes and Python's words were
    // read as they are meant.
    const std::vector<JsonFault>& faults() const;

    // What the last read() found, in the order of the document; views until the next one.
    const std::vector<JsonLeaf>& leaves() const { return leaves_; }
    // The paths of all leaves, each with '\n' behind it: messages of one format mostly have the
    // same.
    std::string_view keys() const;
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
    bool is_broken_ = false;  // the mender knows where
    bool is_mended_ = false;
    std::size_t skipped_ = 0;  // padding before the document
    mutable std::string place_;
};

// A number, or a text that is one ("234", "23,5", " 1e3 "); with `text_too` false only a number.
// False: neither, or not finite.
bool as_number(const JsonLeaf& leaf, double& number, bool text_too = true);
// The same of a text alone. A comma is taken for the decimal sign when there is no point.
bool as_number(std::string_view text, double& number);

}  // namespace martlet::telemetry
