#include "http/json_body.h"

#include "base/text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace martlet::http {

namespace {

constexpr std::size_t kLevelsMax = 32;
constexpr std::size_t kValuesMax = 100'000;

// Builds the tree from the reader's events; false from any of them ends the reading.
class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
  public:
    JsonValue root;
    std::string problem;

    bool null() override { return add(JsonValue::Type::Null) != nullptr; }
    bool boolean(bool value) override {
        JsonValue* added = add(JsonValue::Type::Boolean);
        return added != nullptr && ((added->boolean = value), true);
    }
    bool number_integer(std::int64_t value) override { return add_integer(value); }
    bool number_unsigned(std::uint64_t value) override {
        if (value > INT64_MAX) return add_real(static_cast<double>(value));
        return add_integer(static_cast<std::int64_t>(value));
    }
    bool number_float(double value, const std::string&) override { return add_real(value); }
    bool string(std::string& value) override {
        JsonValue* added = add(JsonValue::Type::Text);
        return added != nullptr && ((added->text = std::move(value)), true);
    }
    bool binary(binary_t&) override { return false; }
    bool start_object(std::size_t) override { return open(JsonValue::Type::Object); }
    bool start_array(std::size_t) override { return open(JsonValue::Type::Array); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(std::string& name) override {
        // One of the same name stays in front of it: to look for it each time would let an object
        // of many members cost their square.
        open_.back()->members.push_back({std::move(name), JsonValue()});
        return true;
    }
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::json::exception&) override {
        problem = fmt::format("not JSON at byte {}", position);
        return false;
    }

  private:
    JsonValue* add(JsonValue::Type type) {
        if (++values_ > kValuesMax) {
            problem = "more than 100,000 values";
            return nullptr;
        }
        JsonValue* added = &root;
        if (!open_.empty() && open_.back()->type == JsonValue::Type::Array)
            added = &open_.back()->items.emplace_back();
        else if (!open_.empty())
            added = &open_.back()->members.back().value;
        added->type = type;
        return added;
    }
    bool add_integer(std::int64_t value) {
        JsonValue* added = add(JsonValue::Type::Integer);
        if (added == nullptr) return false;
        added->integer = value;
        added->number = static_cast<double>(value);
        return true;
    }
    bool add_real(double value) {
        JsonValue* added = add(JsonValue::Type::Real);
        return added != nullptr && ((added->number = value), true);
    }
    // A parent's children do not move while a child of it is open: only the last one grows.
    bool open(JsonValue::Type type) {
        if (open_.size() >= kLevelsMax) {
            problem = "more than 32 levels";
            return false;
        }
        JsonValue* added = add(type);
        if (added == nullptr) return false;
        open_.push_back(added);
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }

    std::vector<JsonValue*> open_;
    std::size_t values_ = 0;
};

const JsonValue* find_typed(const JsonValue& object, std::string_view name, JsonValue::Type type) {
    const JsonValue* member = object.find(name);
    return member != nullptr && member->type == type ? member : nullptr;
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
    for (auto member = members.rbegin(); member != members.rend(); ++member) {
        if (member->name == name) return &member->value;
    }
    return nullptr;
}

std::optional<std::string_view> JsonValue::text_of(std::string_view name) const {
    const JsonValue* member = find_typed(*this, name, Type::Text);
    if (member == nullptr) return std::nullopt;
    return member->text;
}

std::optional<std::int64_t> JsonValue::integer_of(std::string_view name) const {
    const JsonValue* member = find_typed(*this, name, Type::Integer);
    if (member == nullptr) return std::nullopt;
    return member->integer;
}

std::optional<bool> JsonValue::boolean_of(std::string_view name) const {
    const JsonValue* member = find_typed(*this, name, Type::Boolean);
    if (member == nullptr) return std::nullopt;
    return member->boolean;
}

Result<JsonValue> read_json(std::string_view text) {
    TreeBuilder builder;
    if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
        return Error{builder.problem.empty() ? "not JSON" : builder.problem};
    }
    return std::move(builder.root);
}

Result<JsonValue> read_json_object(std::string_view text) {
    auto read = read_json(text);
    if (read.ok() && read.value().type != JsonValue::Type::Object)
        return Error{"not a JSON object"};
    return read;
}

}  // namespace martlet::http
