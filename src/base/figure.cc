#include "base/figure.h"

#include "base/text.h"

#include <charconv>
#include <cmath>

namespace martlet {

double figure(double computed) {
    if (!std::isfinite(computed) || computed == std::trunc(computed)) return computed;
    std::string text = fmt::format("{:.12g}", computed);
    double rounded = computed;
    std::from_chars(text.data(), text.data() + text.size(), rounded);
    return rounded;
}

}  // namespace martlet
