#pragma once

// Lends readers of the store to whoever answers a request, and keeps those that come back for the
// next one. Outlives its loans. Any thread; a loan is used by one thread at a time.

#include "base/result.h"
#include "telemetry/store/store.h"

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace martlet::http {

class StoreReaders {
  public:
    struct GiveBack {
        StoreReaders* owner = nullptr;
        void operator()(telemetry::StoreReader* reader) const;
    };
    using Loan = std::unique_ptr<telemetry::StoreReader, GiveBack>;

    explicit StoreReaders(telemetry::Store& store) : store_(store) {}

    Result<Loan> lend();

  private:
    telemetry::Store& store_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<telemetry::StoreReader>> idle_;
};

}  // namespace martlet::http
