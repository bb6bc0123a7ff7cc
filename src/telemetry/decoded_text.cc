#include "telemetry/decoded_text.h"

#include "base/text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace martlet::telemetry {

namespace {

std::string number_text(double number) {
    std::array<char, 40> digits;
    char* end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    std::string text(digits.data(), end);
    // 3.0 is not the whole number 3.
    if (text.find_first_of(".en") == std::string::npos) text += ".0";
    return text;
}

std::string_view verdict_text(Verdict verdict) {
    static constexpr std::array<std::string_view, 6> kNames = {"Read",     "Nothing", "Duplicate",
                                                               "Withheld", "Opaque",  "Unreadable"};
    return kNames[static_cast<std::size_t>(verdict)];
}

class Describer {
  public:
    Describer(const Decoded& decoded, Time received, DescribeOptions options)
        : decoded_(decoded), received_(received), options_(options) {}

    std::vector<std::string> lines() {
        std::string first = "is " + std::string(verdict_text(decoded_.verdict));
        if (!decoded_.problem.empty()) first += ": " + decoded_.problem;
        lines_.push_back(std::move(first));
        if (!decoded_.map.empty()) lines_.push_back("map " + decoded_.map);
        if (!decoded_.hint.empty()) lines_.push_back("hint " + decoded_.hint);
        const SourceId& sender = decoded_.sender;
        if (!sender.id.empty()) lines_.push_back("sender " + sender.kind + " " + sender.id);
        for (const SourceNote& note : decoded_.notes) add(note);
        for (const Sample& sample : decoded_.samples) add(sample);
        for (const Position& position : decoded_.positions) add(position);
        for (const Event& event : decoded_.events) add(event);
        for (const DerivedMessage& message : decoded_.messages) add(message);
        return std::move(lines_);
    }

  private:
    std::string of(const SourceId& source) const {
        if (source == decoded_.sender) return "";
        return " [" + source.kind + " " + source.id + "]";
    }

    std::string at(Time time) const {
        return time == received_ ? "" : " at " + std::to_string(time);
    }

    void add(const SourceNote& note) {
        if (!note.name.empty()) lines_.push_back("name" + of(note.source) + " " + note.name);
        for (const auto& [name, text] : note.facts)
            lines_.push_back(fmt::format("fact{} {} = {}", of(note.source), name, text));
    }

    void add(const Sample& sample) {
        std::string line =
            "sample" + of(sample.source) + " " + sample.metric + " = " + value_text(sample.value);
        if (!sample.unit.empty()) line += " " + sample.unit;
        line += ' ';
        line += name_of(sample.kind);
        line += at(sample.time);
        if (options_.unit_sources) line += fmt::format(" (unit {})", name_of(sample.unit_source));
        lines_.push_back(std::move(line));
    }

    void add(const Position& position) {
        std::string line = "position" + of(position.source) + " " + number_text(position.latitude) +
                           " " + number_text(position.longitude);
        add_known(line, "altitude", position.altitude_m);
        add_known(line, "speed", position.speed_kmh);
        add_known(line, "heading", position.heading_deg);
        add_known(line, "uncertainty", position.uncertainty_m);
        lines_.push_back(line + at(position.time));
    }

    static void add_known(std::string& line, std::string_view name, double number) {
        if (std::isnan(number)) return;
        line += ' ';
        line += name;
        line += " " + number_text(number);
    }

    void add(const Event& event) {
        std::string line = "event" + of(event.source) + " " + event.kind + " ";
        line += name_of(event.severity);
        if (!event.text.empty()) line += " '" + event.text + "'";
        if (!event.details.empty()) line += " " + event.details;
        lines_.push_back(line + at(event.time));
    }

    void add(const DerivedMessage& message) {
        std::string line = "publish " + message.topic + " qos " + std::to_string(message.qos);
        if (message.retain) line += " retained";
        line += ' ';
        constexpr std::string_view kHex = "0123456789abcdef";
        for (char c : message.payload) {
            auto byte = static_cast<unsigned char>(c);
            line += kHex[byte >> 4];
            line += kHex[byte & 15];
        }
        lines_.push_back(std::move(line));
    }

    const Decoded& decoded_;
    const Time received_;
    const DescribeOptions options_;
    std::vector<std::string> lines_;
};

}  // namespace

std::string value_text(const Value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
    if (const auto* real = std::get_if<double>(&value)) return number_text(*real);
    return "'" + std::get<std::string>(value) + "'";
}

std::vector<std::string> describe(const Decoded& decoded, Time received, DescribeOptions options) {
    return Describer(decoded, received, options).lines();
}

}  // namespace martlet::telemetry
