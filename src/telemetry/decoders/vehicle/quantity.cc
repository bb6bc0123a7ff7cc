#include "telemetry/decoders/vehicle/quantity.h"

#include "telemetry/decoders/vehicle/words.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace martlet::telemetry::vehicle {

namespace {

struct Conversion {
    std::string_view from;  // as folded() has it
    std::string_view to;
    double factor;
    double offset = 0;  // added before the factor
};

constexpr std::array kConversions = {
    Conversion{"mph", "km/h", kKmhInMph},
    Conversion{"mileperhour", "km/h", kKmhInMph},
    Conversion{"m/s", "km/h", kKmhInMs},
    Conversion{"meterpersecond", "km/h", kKmhInMs},
    Conversion{"knot", "km/h", kKmhInKnot},
    Conversion{"knots", "km/h", kKmhInKnot},
    Conversion{"kn", "km/h", kKmhInKnot},
    Conversion{"kt", "km/h", kKmhInKnot},
    Conversion{"mi/h", "km/h", kKmhInMph},
    Conversion{"imperial", "km/h", kKmhInMph},
    Conversion{"imperial", "km", kKmhInMph},
    Conversion{"imperial", "°C", 5.0 / 9, -32},
    Conversion{"m/sec", "km/h", kKmhInMs},
    Conversion{"mps", "km/h", kKmhInMs},
    Conversion{"ms", "km/h", kKmhInMs},
    Conversion{"kts", "km/h", kKmhInKnot},
    Conversion{"fahrenheit", "°C", 5.0 / 9, -32},
    Conversion{"degf", "°C", 5.0 / 9, -32},
    Conversion{"°f", "°C", 5.0 / 9, -32},
    Conversion{"f", "°C", 5.0 / 9, -32},
    Conversion{"degreefahrenheit", "°C", 5.0 / 9, -32},
    Conversion{"kelvin", "°C", 1, -273.15},
    Conversion{"k", "°C", 1, -273.15},
    Conversion{"milesperhour", "km/h", kKmhInMph},
    Conversion{"mile/hour", "km/h", kKmhInMph},
    Conversion{"meter/second", "km/h", kKmhInMs},
    Conversion{"mile", "km", kKmhInMph},
    Conversion{"miles", "km", kKmhInMph},
    Conversion{"mi", "km", kKmhInMph},
    Conversion{"m", "km", 0.001},
    Conversion{"meter", "km", 0.001},
    Conversion{"foot", "m", 0.3048},
    Conversion{"ft", "m", 0.3048},
    Conversion{"mv", "V", 0.001},
    Conversion{"millivolt", "V", 0.001},
    Conversion{"psi", "kPa", 6.894757},
    Conversion{"bar", "kPa", 100},
    Conversion{"hpa", "kPa", 0.1},
    Conversion{"mbar", "kPa", 0.1},
    Conversion{"inhg", "kPa", 3.386389},
    Conversion{"minute", "s", 60},
    Conversion{"min", "s", 60},
};

// Other spellings of the units themselves, as folded() has them.
struct Spelling {
    std::string_view word;
    std::string_view unit;
};

constexpr std::array kSpellings = {
    Spelling{"km/h", "km/h"},
    Spelling{"kmh", "km/h"},
    Spelling{"kph", "km/h"},
    Spelling{"kmph", "km/h"},
    Spelling{"kilometer/hour", "km/h"},
    Spelling{"kilometerperhour", "km/h"},
    Spelling{"kilometersperhour", "km/h"},
    Spelling{"km/hr", "km/h"},
    Spelling{"kmhr", "km/h"},
    Spelling{"kilometers/hour", "km/h"},
    Spelling{"rpm", "1/min"},
    Spelling{"1/min", "1/min"},
    Spelling{"revolution/minute", "1/min"},
    Spelling{"revolutionperminute", "1/min"},
    Spelling{"revolutionsperminute", "1/min"},
    Spelling{"°c", "°C"},
    Spelling{"c", "°C"},
    Spelling{"degc", "°C"},
    Spelling{"celsius", "°C"},
    Spelling{"degreec", "°C"},
    Spelling{"degreecelsius", "°C"},
    Spelling{"%", "%"},
    Spelling{"pct", "%"},
    Spelling{"percent", "%"},
    Spelling{"v", "V"},
    Spelling{"volt", "V"},
    Spelling{"volts", "V"},
    Spelling{"km", "km"},
    Spelling{"kilometer", "km"},
    Spelling{"kilometers", "km"},
    Spelling{"m", "m"},
    Spelling{"meter", "m"},
    Spelling{"meters", "m"},
    Spelling{"°", "°"},
    Spelling{"deg", "°"},
    Spelling{"degree", "°"},
    Spelling{"degrees", "°"},
    Spelling{"kpa", "kPa"},
    Spelling{"kilopascal", "kPa"},
    Spelling{"g/s", "g/s"},
    Spelling{"gps", "g/s"},
    Spelling{"gram/second", "g/s"},
    Spelling{"grampersecond", "g/s"},
    Spelling{"gramspersecond", "g/s"},
    Spelling{"l/h", "L/h"},
    Spelling{"lph", "L/h"},
    Spelling{"liter/hour", "L/h"},
    Spelling{"literperhour", "L/h"},
    Spelling{"litersperhour", "L/h"},
    Spelling{"l/100km", "L/100 km"},
    Spelling{"s", "s"},
    Spelling{"sec", "s"},
    Spelling{"second", "s"},
    Spelling{"seconds", "s"},
};

// Takes `number` from what `word` says to `unit`. False: they do not go together.
bool convert(std::string_view word, std::string_view unit, double& number) {
    // What has no unit is counted in anything ("7 satellites").
    if (word.empty() || unit.empty()) return true;
    for (const Conversion& conversion : kConversions) {
        if (conversion.from != word || conversion.to != unit) continue;
        number = scaled(number + conversion.offset, conversion.factor);
        return true;
    }
    return std::any_of(kSpellings.begin(), kSpellings.end(), [&](const Spelling& spelling) {
        return spelling.word == word && spelling.unit == unit;
    });
}

// Where the number at the beginning ends.
std::size_t number_size(std::string_view text) {
    std::size_t size = text.find_first_not_of("0123456789.+-eE");
    if (size == std::string_view::npos) return text.size();
    // The 'e' of a unit is none of the number's.
    while (size > 0 && (text[size - 1] < '0' || text[size - 1] > '9')) size--;
    return size;
}

}  // namespace

double scaled(double number, double factor) {
    return std::round(number * factor * 1e6) / 1e6;
}

bool is_unit_for(std::string_view word, std::string_view unit) {
    double number = 1;
    return !unit.empty() && !word.empty() && convert(folded(trimmed(word)), unit, number);
}

std::optional<Measured> as_quantity(const JsonLeaf& leaf, std::string_view unit,
                                    std::string_view stated) {
    Measured quantity;
    if (as_number(leaf, quantity.number)) {
        if (!convert(folded(trimmed(stated)), unit, quantity.number)) return std::nullopt;
        quantity.has_unit = !stated.empty();
        return quantity;
    }
    if (leaf.type != LeafType::Text) return std::nullopt;
    std::string_view text = trimmed(leaf.text);
    std::size_t size = number_size(text);
    if (size == 0 || !as_number(text.substr(0, size), quantity.number)) return std::nullopt;
    std::string word = folded(trimmed(text.substr(size)));
    if (!convert(word, unit, quantity.number)) return std::nullopt;
    quantity.has_unit = !word.empty();
    return quantity;
}

}  // namespace martlet::telemetry::vehicle
