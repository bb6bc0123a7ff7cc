#pragma once

// The ordered map that the house uses: a B-tree, with look-up by std::string_view without making a
// string. Iterators and addresses do not survive insertion and removal. One thread.

#include <absl/container/btree_map.h>

#include <functional>
#include <string>

namespace martlet {

template <typename V>
using OrderedTextMap = absl::btree_map<std::string, V, std::less<>>;

}  // namespace martlet
