#pragma once

// The hash map and set that the house uses, with look-up by std::string_view without making a
// string. Debian's Abseil has a string_view of its own, hence our transparent hash. The seed
// differs from process to process. Any thread.

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <string>
#include <string_view>

namespace martlet {

inline std::size_t hash_text(std::string_view text) {
    return absl::Hash<absl::string_view>{}(absl::string_view(text.data(), text.size()));
}

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return hash_text(text); }
};

struct TextEqual {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const { return a == b; }
};

template <typename K, typename V>
using HashMap = absl::flat_hash_map<K, V>;
template <typename K>
using HashSet = absl::flat_hash_set<K>;
template <typename V>
using TextMap = absl::flat_hash_map<std::string, V, TextHash, TextEqual>;
using TextSet = absl::flat_hash_set<std::string, TextHash, TextEqual>;

}  // namespace martlet
