#include "telemetry/mapping/text_template.h"

#include "base/text.h"
#include "telemetry/mapping/path_pattern.h"

#include <algorithm>

namespace martlet::telemetry {

Result<TextTemplate::Place> TextTemplate::place_of(std::string_view text) {
    Place place;
    for (std::string_view rest = text;;) {
        auto bar = rest.find('|');
        auto part = rest.substr(0, bar);
        Choice choice;
        // "{.cpu|}": nothing when there is no such value.
        if (part.empty() && !place.empty()) {
            place.push_back(std::move(choice));
            return place;
        }
        if (part.empty()) return Error{fmt::format("'{{{}}}' names nothing", text)};
        if (part.size() > 2 && part.front() == '\'' && part.back() == '\'') {
            choice.text = part.substr(1, part.size() - 2);
        } else if (part == ".") {
            choice.from = From::Payload;  // a bare payload
        } else if (part.starts_with('.') && part.find(".*") != std::string_view::npos) {
            Status status = take_object(part, choice);
            if (!status) return status.error();
        } else if (part.starts_with('.')) {
            choice.from = From::Payload;
            choice.text = part.substr(1);
            if (auto path = PathPattern::make(choice.text); !path) return path.error();
        } else if (part.size() == 1 && part[0] >= '1' &&
                   part[0] <= static_cast<char>('0' + PathCaptures::kMost)) {
            choice.from = From::Star;
            choice.star = static_cast<std::size_t>(part[0] - '1');
        } else {
            choice.from = From::Topic;
            choice.text = part;
        }
        place.push_back(std::move(choice));
        if (bar == std::string_view::npos) return place;
        rest.remove_prefix(bar + 1);
    }
}

// ".tags.* except host,mode".
Status TextTemplate::take_object(std::string_view part, Choice& choice) {
    constexpr std::string_view kExcept = ".* except ";
    auto star = part.find(".*");
    auto rest = part.substr(star);
    choice.from = From::Object;
    choice.text = part.substr(1, star - 1);
    if (rest == ".*" && !choice.text.empty()) return Done{};
    if (choice.text.empty() || !rest.starts_with(kExcept))
        return Error{fmt::format("'{}': expected .PATH.* or .PATH.* except NAME,NAME", part)};
    for (rest = rest.substr(kExcept.size());;) {
        auto comma = rest.find(',');
        choice.left_out.emplace_back(rest.substr(0, comma));
        if (comma == std::string_view::npos) return Done{};
        rest.remove_prefix(comma + 1);
    }
}

std::size_t TextTemplate::stars() const {
    std::size_t most = 0;
    for (const Place& place : places_)
        for (const Choice& choice : place)
            if (choice.from == From::Star) most = std::max(most, choice.star + 1);
    return most;
}

Result<TextTemplate> TextTemplate::make(std::string_view text) {
    TextTemplate made;
    made.text_ = text;
    for (std::string_view rest = text; !rest.empty();) {
        auto open = rest.find('{');
        if (open != 0) {
            made.places_.push_back({{From::Literal, std::string(rest.substr(0, open)), 0, {}}});
            rest.remove_prefix(std::min(open, rest.size()));
            continue;
        }
        auto close = rest.find('}');
        if (close == std::string_view::npos)
            return Error{fmt::format("'{}' has a '{{' without '}}'", text)};
        auto place = place_of(rest.substr(1, close - 1));
        if (!place) return place.error();
        made.is_plain_ = false;
        for (const Choice& choice : place.value())
            made.is_of_path_ = made.is_of_path_ && choice.from == From::Star;
        made.places_.push_back(std::move(place).value());
        rest.remove_prefix(close + 1);
    }
    return made;
}

bool TextTemplate::fill(const TemplateValues& values, std::string& text,
                        std::string* missing) const {
    std::size_t before = text.size();
    auto is_filled = [&](const Choice& choice) {
        switch (choice.from) {
            case From::Literal:
                text += choice.text;
                return true;
            case From::Topic:
                return values.append_topic(choice.text, text);
            case From::Star:
                return values.append_star(choice.star, text);
            case From::Payload:
                return values.append_value(choice.text, text);
            case From::Object:
                return values.append_values(choice.text, choice.left_out, text);
        }
        return false;
    };
    for (const Place& place : places_) {
        if (std::any_of(place.begin(), place.end(), is_filled)) continue;
        text.resize(before);
        if (missing) *missing = place.front().text;
        return false;
    }
    return true;
}

std::vector<std::string> TextTemplate::topic_captures() const {
    std::vector<std::string> names;
    for (const Place& place : places_)
        for (const Choice& choice : place)
            if (choice.from == From::Topic) names.push_back(choice.text);
    return names;
}

}  // namespace martlet::telemetry
