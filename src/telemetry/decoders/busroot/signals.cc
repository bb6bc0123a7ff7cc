#include "telemetry/decoders/busroot/signals.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace martlet::telemetry::busroot {

namespace {

constexpr Signal kSignals[] = {
    {"production_complete_good", "production_complete", "", SeriesKind::Increment},
    {"production_count_good", "production_count", "", SeriesKind::Counter},
    {"production_complete_bad", "", "", SeriesKind::Increment},
    {"production_count_bad", "", "", SeriesKind::Counter},
    {"productive", "", "", SeriesKind::State},
    {"electrical_kwh", "", "kWh", SeriesKind::Meter},
    {"electrical_kwh_interval", "", "kWh", SeriesKind::Increment},
    {"rssi", "", "dBm", SeriesKind::Gauge},
    {"line_speed", "", "", SeriesKind::Gauge},
};

bool read_state(const JsonLeaf& leaf, Value& value) {
    bool is_on =
        leaf.type == LeafType::Text ? leaf.text == "1" || leaf.text == "true" : leaf.number == 1;
    bool is_off =
        leaf.type == LeafType::Text ? leaf.text == "0" || leaf.text == "false" : leaf.number == 0;
    bool is_scalar = leaf.type == LeafType::Boolean || leaf.type == LeafType::Integer ||
                     leaf.type == LeafType::Real || leaf.type == LeafType::Text;
    value = std::int64_t{is_on ? 1 : 0};
    return is_scalar && (is_on || is_off);
}

}  // namespace

std::span<const Signal> signals() {
    return kSignals;
}

const Signal* find_signal(std::string_view key) {
    const auto* found =
        std::find_if(std::begin(kSignals), std::end(kSignals), [&](const Signal& signal) {
            return key == signal.key || (!signal.alias.empty() && key == signal.alias);
        });
    return found == std::end(kSignals) ? nullptr : found;
}

std::string_view read_signal(const Signal& signal, const JsonLeaf& leaf, Value& value) {
    if (signal.kind == SeriesKind::State)
        return read_state(leaf, value) ? std::string_view() : "expected 0 or 1";
    double number = 0;
    if (!as_number(leaf, number)) return "expected a number";
    bool counts = signal.kind == SeriesKind::Increment || signal.kind == SeriesKind::Counter;
    if (counts && number < 0) return "negative";
    std::int64_t whole = leaf.integer;
    bool is_whole = leaf.type == LeafType::Integer;
    if (leaf.type == LeafType::Text) {
        auto* end = leaf.text.data() + leaf.text.size();
        auto result = std::from_chars(leaf.text.data(), end, whole);
        is_whole = result.ec == std::errc{} && result.ptr == end;
    }
    value = is_whole ? Value(whole) : Value(number);
    return {};
}

}  // namespace martlet::telemetry::busroot
