#pragma once

// Keys of a message that people should hear of, as one fact: those that are unknown, those whose
// value was refused. At most 16, of 32 bytes each. Owned by the decoder for one message.

#include "telemetry/words.h"

#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

class KeyList {
  public:
    // Each once, in the order of the message. False: it was there before, or there is no room.
    bool add(std::string_view raw_key);

    bool is_empty() const { return keys_.empty(); }
    // Of a list that is not empty.
    const std::string& first() const { return keys_.front(); }
    const std::string& last() const { return keys_.back(); }
    // "foo, bar.baz"; ", ..." at the end says that there are more.
    std::string text() const;
    // Nothing is added when the list is empty.
    void write(std::string_view fact, SourceNote& note) const;

  private:
    std::vector<std::string> keys_;
    bool is_longer_ = false;
};

}  // namespace martlet::telemetry
