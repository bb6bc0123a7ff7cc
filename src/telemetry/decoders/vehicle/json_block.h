#pragma once

// The leaves of one object within a document: a view, as the leaves of an object follow one
// another. One thread at a time.

#include "telemetry/payload_json.h"

#include <span>
#include <string>
#include <string_view>

namespace martlet::telemetry::vehicle {

class JsonBlock {
  public:
    // `prefix`: what stands before the object's own names in the path of each leaf ("data.").
    JsonBlock(std::span<const JsonLeaf> leaves, std::string_view prefix)
        : leaves_(leaves), prefix_(prefix) {}

    std::span<const JsonLeaf> leaves() const { return leaves_; }
    std::string_view prefix() const { return prefix_; }
    // The path within the object.
    std::string_view path_of(const JsonLeaf& leaf) const {
        return leaf.path.substr(prefix_.size());
    }
    // Null: there is none.
    const JsonLeaf* find(std::string_view path) const;
    // A text fit to be kept, or a whole number as text; empty: neither.
    std::string text_at(std::string_view path) const;

  private:
    std::span<const JsonLeaf> leaves_;
    std::string_view prefix_;
};

}  // namespace martlet::telemetry::vehicle
