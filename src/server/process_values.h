#pragma once

// The memory of this process, read from the system. One thread.

#include "broker/sys.h"

namespace martlet::server {

class ProcessMeter {
  public:
    // Resident anonymous memory in bytes, and the most that it has been.
    broker::ProcessValues read();

  private:
    std::uint64_t maximum_ = 0;
};

}  // namespace martlet::server
