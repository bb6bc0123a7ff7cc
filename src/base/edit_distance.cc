#include "base/edit_distance.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace martlet {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
        }
    }
    return row[b.size()];
}

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> known) {
    constexpr std::size_t kWordBytesMax = 48;
    if (word.empty() || word.size() > kWordBytesMax) return {};
    std::string_view nearest;
    std::size_t least = word.size() / 4 + 2;  // more than that is another word
    for (std::string_view one : known) {
        std::size_t lengths =
            word.size() > one.size() ? word.size() - one.size() : one.size() - word.size();
        if (lengths >= least) continue;
        std::size_t distance = edit_distance(word, one);
        if (distance >= least) continue;
        least = distance;
        nearest = one;
    }
    return nearest;
}

}  // namespace martlet
