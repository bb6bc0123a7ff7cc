#include "cli/api/listing.h"

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/api/door.h"

#include <cstdio>

namespace martlet::cli {

Status for_each_item(const Api& api, const std::string& path, std::string_view name,
                     const std::function<bool(const http::JsonValue&)>& take) {
    std::string after;
    for (;;) {
        auto page = api.json("GET", after.empty() ? path : fmt::format("{}&after={}", path, after));
        if (!page) return page.error();
        const http::JsonValue* list = page.value().find(name);
        if (list == nullptr)
            return Error{fmt::format("Error: {}{} has no '{}'.", api.url(), path, name)};
        for (const http::JsonValue& item : list->items) {
            if (!take(item)) return Done{};
        }
        std::string next = percent_encoded(member_text(page.value(), "next"));
        if (next.empty() || next == after || list->items.empty()) return Done{};
        after = std::move(next);
    }
}

std::string value_text(const http::JsonValue* value) {
    using Type = http::JsonValue::Type;
    if (value == nullptr) return {};
    std::string text;
    switch (value->type) {
        case Type::Text:
            return value->text;
        case Type::Integer:
            return std::to_string(value->integer);
        case Type::Real:
            martlet::JsonWriter(text).number(value->number);
            return text;
        case Type::Boolean:
            return value->boolean ? "true" : "false";
        default:
            return text;
    }
}

std::string member_text(const http::JsonValue& object, std::string_view name) {
    return value_text(object.find(name));
}

int print_answer(const Api& api, const std::string& path) {
    auto answer = api.ask("GET", path);
    if (!answer) return fail_api(answer.error());
    if (answer.value().status != 200) return fail_api(api.refused(path, answer.value()));
    std::string& body = answer.value().body;
    if (!body.ends_with('\n')) body += '\n';
    std::fwrite(body.data(), 1, body.size(), stdout);
    return 0;
}

}  // namespace martlet::cli
