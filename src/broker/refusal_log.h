#pragma once

// The last connections and CONNECTs that were refused, for whoever asks the API why a device does
// not come in. One for all threads; bounded. Any thread.

#include "broker/counters.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace martlet::broker {

struct RefusedRequest {
    std::int64_t at_ms = 0;  // since 1970
    Refusal refusal{};
    std::string peer;       // "ADDRESS:PORT"
    std::string client_id;  // empty: none is known
    std::string user_name;
    std::string why;
};

class RefusalLog {
  public:
    static constexpr std::size_t kMax = 500;
    // Names that a stranger chose are kept no longer than this.
    static constexpr std::size_t kNameMax = 256;

    void note(RefusedRequest refused);
    // The newest first.
    std::vector<RefusedRequest> newest(std::size_t limit) const;

  private:
    mutable std::mutex mutex_;
    std::deque<RefusedRequest> refused_;  // the oldest first
};

}  // namespace martlet::broker
