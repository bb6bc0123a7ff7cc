// Any bytes as a unit, as a quantity and as a time of a payload.

#include "telemetry/units.h"

#include "base/check.h"
#include "mqtt/topic.h"
#include "telemetry/number_text.h"
#include "telemetry/payload_time.h"

#include <cmath>
#include <cstdint>

namespace {

using namespace martlet::telemetry;

void run_units(std::string_view text) {
    auto known = known_unit(text);
    CHECK(known.empty() || known_unit(known) == known);
    CHECK(known.empty() || unit_factor(text, known) == 1);
    std::string stated = stated_unit(text);
    CHECK(stated.size() <= 16 && (stated.empty() || martlet::mqtt::is_valid_utf8(stated)));

    Value number;
    std::string word;
    if (number_with_word(text, number, word)) CHECK(martlet::mqtt::is_valid_utf8(word));
    std::string_view unit;
    if (!quantity_from_text(text, number, unit)) return;
    CHECK(!unit.empty() && known_unit(unit) == unit);
    if (const auto* real = std::get_if<double>(&number)) CHECK(std::isfinite(*real));
}

void run_number(std::string_view text) {
    ReadNumber number;
    std::size_t size = read_number(text, number);
    CHECK(size <= text.size());
    CHECK(size == 0 || std::isfinite(number.real));
}

void run_time(std::string_view text) {
    constexpr Time kReceived = 1'767'225'600'000;
    Time time = 0;
    JsonLeaf leaf;
    leaf.type = LeafType::Text;
    leaf.text = text;
    if (payload_time(leaf, 0, kReceived, time)) CHECK(time >= kEarliestTime);
    if (read_time_text(text, std::nullopt, time) == TimeValue::Told)
        CHECK(time_from_text(text, 60, time));
    auto line = text.find('\n');
    if (line == std::string_view::npos) return;
    auto key = time_key(text.substr(0, line));
    leaf.text = text.substr(line + 1);
    auto value = time_of_member(key, leaf, 0, kReceived, time);
    CHECK(key.use != TimeUse::None || value == TimeValue::NotTime);
    time_from_date_and_clock(text.substr(0, line), leaf.text, 0, time);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 4096) return 0;
    std::string_view text(reinterpret_cast<const char*>(data), size);
    run_units(text);
    run_number(text);
    run_time(text);
    return 0;
}
