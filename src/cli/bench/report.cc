#include "cli/bench/report.h"

#include "base/text.h"

#include <cmath>

namespace martlet::cli::bench {

std::string with_commas(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
    return digits;
}

namespace {

// The unit stands in the text already.
std::string without_unit(const std::string& name) {
    for (std::string_view unit : {"_us", "_mb"}) {
        if (name.ends_with(unit)) return name.substr(0, name.size() - unit.size());
    }
    return name;
}

}  // namespace

void Report::add(std::string name, double value, std::string text) {
    figures_.push_back({std::move(name), value, std::move(text)});
}

void Report::add_count(const std::string& name, std::uint64_t count, double seconds) {
    double rate = static_cast<double>(count) / seconds;
    add(name, static_cast<double>(count),
        fmt::format("{} messages, {} a second", with_commas(count),
                    with_commas(static_cast<std::uint64_t>(rate))));
    add(name + "_per_s", rate);
}

std::string Report::text() const {
    auto text =
        fmt::format("{}: {} clients, QoS {}, {} bytes, MQTT {}\n", name_of(options_.scenario),
                    options_.clients, static_cast<int>(options_.qos), options_.size,
                    options_.version == mqtt::Version::V5 ? "5.0" : "3.1.1");
    for (const Figure& figure : figures_) {
        if (figure.text.empty()) continue;
        std::string name = without_unit(figure.name);
        for (char& letter : name) letter = letter == '_' ? ' ' : letter;
        text += fmt::format("  {:<22} {}\n", name, figure.text);
    }
    return text;
}

std::string Report::json() const {
    auto json =
        fmt::format("{{\"scenario\":\"{}\",\"clients\":{},\"qos\":{},\"size\":{},\"rate\":{}",
                    name_of(options_.scenario), options_.clients, static_cast<int>(options_.qos),
                    options_.size, options_.rate);
    for (const Figure& figure : figures_) {
        bool is_whole = figure.value == std::floor(figure.value) && std::abs(figure.value) < 1e15;
        json += is_whole ? fmt::format(",\"{}\":{:.0f}", figure.name, figure.value)
                         : fmt::format(",\"{}\":{:.4f}", figure.name, figure.value);
    }
    return json + "}\n";
}

}  // namespace martlet::cli::bench
