#include "telemetry/decoders/vehicle/quantity.h"

#include "telemetry/decoders/vehicle/words.h"

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
    Conversion{"degf", "°C", 5.0 / 9, -32},
    Conversion{"°f", "°C", 5.0 / 9, -32},
    Conversion{"f", "°C", 5.0 / 9, -32},
    Conversion{"degreefahrenheit", "°C", 5.0 / 9, -32},
    Conversion{"kelvin", "°C", 1, -273.15},
    Conversion{"mile", "km", kKmhInMph},
    Conversion{"mi", "km", kKmhInMph},
    Conversion{"m", "km", 0.001},
    Conversion{"meter", "km", 0.001},
    Conversion{"foot", "m", 0.3048},
    Conversion{"ft", "m", 0.3048},
    Conversion{"mv", "V", 0.001},
    Conversion{"millivolt", "V", 0.001},
    Conversion{"psi", "kPa", 6.894757},
    Conversion{"bar", "kPa", 100},
    Conversion{"minute", "s", 60},
    Conversion{"min", "s", 60},
};

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

bool as_quantity(const JsonLeaf& leaf, std::string_view unit, double& number) {
    if (as_number(leaf, number)) return true;
    if (leaf.type != LeafType::Text) return false;
    std::string_view text = trimmed(leaf.text);
    std::size_t size = number_size(text);
    if (size == 0) return false;
    JsonLeaf head;
    head.type = LeafType::Text;
    head.text = text.substr(0, size);
    if (!as_number(head, number)) return false;
    std::string word = folded(trimmed(text.substr(size)));
    for (const Conversion& conversion : kConversions) {
        if (conversion.from != word || conversion.to != unit) continue;
        number = scaled(number + conversion.offset, conversion.factor);
        break;
    }
    return std::isfinite(number);
}

}  // namespace martlet::telemetry::vehicle
