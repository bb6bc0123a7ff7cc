#pragma once

// The memory of this process, read from the system. A meter belongs to one thread.

#include "broker/sys.h"

#include <cstdint>

namespace martlet::server {

// Resident anonymous memory in bytes. Any thread.
std::uint64_t resident_bytes();

class ProcessMeter {
  public:
    // Resident anonymous memory in bytes, and the most that it has been.
    broker::ProcessValues read();

  private:
    std::uint64_t maximum_ = 0;
};

}  // namespace martlet::server
