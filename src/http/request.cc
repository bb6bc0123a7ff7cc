#include "http/request.h"

namespace martlet::http {

namespace {

const std::string* find(const Fields& fields, std::string_view name) {
    for (const auto& [key, value] : fields) {
        if (key == name) return &value;
    }
    return nullptr;
}

std::optional<std::string_view> view_of(const std::string* text) {
    if (text == nullptr) return std::nullopt;
    return *text;
}

}  // namespace

std::optional<std::string_view> Request::header(std::string_view name) const {
    return view_of(find(headers, name));
}

std::optional<std::string_view> Request::query_value(std::string_view name) const {
    return view_of(find(query, name));
}

std::string_view Request::parameter(std::string_view name) const {
    return view_of(find(parameters, name)).value_or(std::string_view());
}

}  // namespace martlet::http
