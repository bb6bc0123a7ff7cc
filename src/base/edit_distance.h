#pragma once

// How far two words lie apart, and which known word somebody probably meant: for hints in errors.
// Cold path; any thread.

#include <cstddef>
#include <span>
#include <string_view>

namespace martlet {

// Letters to insert, delete or change to make one word of the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The word among `known` that is most like `word`; empty: none is like it.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> known);

}  // namespace martlet
