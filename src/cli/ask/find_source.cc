#include "cli/ask/find_source.h"

#include "base/edit_distance.h"
#include "base/text.h"
#include "cli/api/listing.h"
#include "telemetry/decoders/plain_text.h"

#include <chrono>
#include <optional>
#include <thread>
#include <vector>

namespace martlet::cli {

namespace {

using http::JsonValue;

constexpr std::size_t kHintsMax = 5;
constexpr int kTriesMax = 10;
constexpr std::chrono::milliseconds kPause{100};

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Empty: there is none of that key, or "kind:id".
Result<std::optional<JsonValue>> by_reference(const Api& api, const std::string& reference) {
    auto answer = api.json("GET", "/api/v1/sources/" + percent_encoded(reference));
    if (answer) return std::optional<JsonValue>(std::move(answer).value());
    // 400: it is no reference.
    int code = answer.error().code;
    if (code == 404 || code == 400) return std::optional<JsonValue>();
    return answer.error();
}

Error ambiguous(const std::string& wanted, const std::vector<std::string>& labels) {
    std::string list;
    for (const std::string& label : labels) list += "\n  " + label;
    return {fmt::format("Error: Several sources are called '{}'. Say which one:{}", wanted, list),
            kNoSuchSource};
}

Result<std::optional<JsonValue>> by_name(const Api& api, const std::string& wanted) {
    std::vector<std::string> labels;
    Status read =
        for_each_item(api, "/api/v1/sources?limit=200&search=" + percent_encoded(wanted), "sources",
                      [&](const JsonValue& source) {
                          if (source.text_of("id") == wanted || source.text_of("name") == wanted)
                              labels.push_back(source_label(source));
                          return labels.size() <= kHintsMax;
                      });
    if (!read) return read.error();
    if (labels.size() > 1) return ambiguous(wanted, labels);
    if (labels.empty()) return std::optional<JsonValue>();
    return by_reference(api, labels[0]);
}

Result<std::optional<JsonValue>> look_up(const Api& api, const std::string& wanted) {
    if (is_number(wanted) || wanted.find(':') != std::string::npos) {
        auto found = by_reference(api, wanted);
        if (!found || found.value()) return found;
    }
    return by_name(api, wanted);
}

// Those that contain the word, else the one that is most like it.
Error no_such_source(const Api& api, const std::string& wanted) {
    std::vector<std::string> like;
    std::vector<std::string> names;
    Status read =
        for_each_item(api, "/api/v1/sources?limit=200", "sources", [&](const JsonValue& source) {
            std::string label = source_label(source);
            if (label.find(wanted) != std::string::npos && like.size() < kHintsMax)
                like.push_back(label);
            names.push_back(member_text(source, "id"));
            names.push_back(member_text(source, "name"));
            return names.size() < 20'000;
        });
    std::string text = fmt::format("Error: There is no source '{}'.", wanted);
    std::vector<std::string_view> known(names.begin(), names.end());
    std::string_view nearest = nearest_word(wanted, known);
    if (!like.empty()) {
        text += " Did you mean one of these?";
        for (const std::string& label : like) text += "\n  " + label;
    } else if (!nearest.empty()) {
        text += fmt::format(" Did you mean '{}'?", nearest);
    } else if (read && names.empty()) {
        text += " No source has sent anything yet that telemetry reads.";
    } else {
        text += " `martlet sources` lists them.";
    }
    return {telemetry::without_orders(text, true), kNoSuchSource};
}

}  // namespace

Result<JsonValue> find_source(const Api& api, const std::string& wanted) {
    for (int left = kTriesMax; left > 0; left--) {
        auto found = look_up(api, wanted);
        if (!found) return found.error();
        if (found.value()) return std::move(*found.value());
        std::this_thread::sleep_for(kPause);
    }
    return no_such_source(api, wanted);
}

std::string source_label(const JsonValue& source) {
    return fmt::format("{}:{}", member_text(source, "kind"), member_text(source, "id"));
}

const JsonValue* find_series(const JsonValue& source, std::string_view metric) {
    const JsonValue* series = source.find("series");
    if (series == nullptr) return nullptr;
    for (const JsonValue& one : series->items) {
        if (one.text_of("metric") == metric) return &one;
    }
    return nullptr;
}

Error no_such_metric(const JsonValue& source, std::string_view metric) {
    std::vector<std::string_view> known;
    const JsonValue* series = source.find("series");
    if (series != nullptr) {
        for (const JsonValue& one : series->items)
            known.push_back(one.text_of("metric").value_or(""));
    }
    std::string text =
        fmt::format("Error: The source {} has no metric '{}'.", source_label(source), metric);
    std::string_view nearest = nearest_word(metric, known);
    if (!nearest.empty()) {
        text += fmt::format(" Did you mean '{}'?", nearest);
    } else {
        text += " It has:";
        for (std::string_view name : known) text += fmt::format("\n  {}", name);
    }
    return {telemetry::without_orders(text, true), kNoSuchSource};
}

std::string measurement_text(std::string_view metric, const JsonValue* value,
                             std::string_view unit) {
    std::string text = fmt::format("{} {}", metric, value_text(value));
    if (!unit.empty()) text += fmt::format(" {}", unit);
    return telemetry::without_orders(text);
}

}  // namespace martlet::cli
