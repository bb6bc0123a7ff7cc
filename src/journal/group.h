#pragma once

// Records that reach the disk together: after a crash all of them are there, or none. Filled by one
// thread, then given to Log::append. Its bytes are those of a segment (journal/record.h); Log fills
// in sequence numbers and checksums, and leaves out what is dead on arrival.

#include "base/bytes.h"

#include <cstdint>
#include <vector>

namespace martlet::journal {

// Names one record for as long as it lives, and is never given out twice. From 1 on.
using Key = std::uint64_t;

class Group {
  public:
    // Room for a value of `size` bytes (under 512 MiB), to be filled before the next call. A record
    // of this key that is on the disk already is replaced.
    std::uint8_t* put(Key key, std::size_t size);
    void put(Key key, ByteView value);
    // The record dies, for good. It may be one whose put comes later: then that put is dead on
    // arrival.
    void remove(Key key);

    bool empty() const { return records_ == 0; }
    std::size_t size() const { return bytes_.size(); }
    std::size_t records() const { return records_; }
    void clear();
    // Gives back memory above this. What is in it is forgotten.
    void shrink(std::size_t bytes);

  private:
    friend class Log;
    std::uint8_t* add(Key key, std::size_t value_size, std::uint32_t flags);

    // Begins with the record that begins a group, which is not counted.
    std::vector<std::uint8_t> bytes_;
    std::size_t records_ = 0;
};

}  // namespace martlet::journal
