#pragma once

// The door to the reader of JSON that people send to the API and of the accounts' file: a small
// tree, bounded in depth and size. Plain values; any thread.

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet::http {

struct JsonMember;

class JsonValue {
  public:
    enum class Type : std::uint8_t { Null, Boolean, Integer, Real, Text, Array, Object };

    Type type = Type::Null;
    bool boolean = false;
    std::int64_t integer = 0;  // Integer
    double number = 0;         // Integer and Real
    std::string text;
    std::vector<JsonValue> items;     // Array
    std::vector<JsonMember> members;  // Object, as they came; find() knows which one counts

    // Of an object, of one name twice the last; null: it has none of that name, or is no object.
    const JsonValue* find(std::string_view name) const;
    // The member of that name if it has that type.
    std::optional<std::string_view> text_of(std::string_view name) const;
    std::optional<std::int64_t> integer_of(std::string_view name) const;
    std::optional<bool> boolean_of(std::string_view name) const;
};

struct JsonMember {
    std::string name;
    JsonValue value;
};

// At most 32 levels and 100,000 values. The error says where it is wrong.
Result<JsonValue> read_json(std::string_view text);
// The same for a body, which must be an object.
Result<JsonValue> read_json_object(std::string_view text);

}  // namespace martlet::http
