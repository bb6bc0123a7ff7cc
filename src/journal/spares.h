#pragma once

// Empty files whose room is really allocated: each becomes a segment by and by. As long as they are
// there, a full disk does not stop what makes room. Owned by Log; writer's thread only.

#include "base/result.h"
#include "journal/file.h"

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace martlet::journal {

class Spares {
  public:
    Spares(Folder& folder, std::uint64_t bytes_each, std::size_t wanted)
        : folder_(folder), bytes_each_(bytes_each), wanted_(wanted) {}

    // Files of an earlier run: used again when they are what they should be.
    void adopt(const std::vector<std::string>& names);
    bool is_complete() const { return names_.size() >= wanted_; }
    // Allocates what is missing of those that are wanted, and `extra` ones.
    Status fill(std::size_t extra = 0);
    // The name of one that is the caller's from now on; a new one takes its place. When there is no
    // room for that, only those get one who may use the reserve.
    Result<std::string> take(bool may_use_reserve);

  private:
    Status make_one();

    Folder& folder_;
    const std::uint64_t bytes_each_;
    const std::size_t wanted_;
    std::deque<std::string> names_;
    std::uint64_t next_number_ = 1;
};

}  // namespace martlet::journal
