#pragma once

// The series of sources that are asked one after the other: of few by a look for each, of many all
// at once. One answer, one thread; not while another answer of the reader is read.

#include "telemetry/store/store.h"

#include <map>
#include <vector>

namespace martlet::http {

class SeriesLookUp {
  public:
    SeriesLookUp(telemetry::StoreReader& reader, bool are_many)
        : reader_(reader), are_many_(are_many) {}

    // Each source once.
    Result<std::vector<telemetry::SeriesRow>> of(telemetry::SourceKey source);

  private:
    telemetry::StoreReader& reader_;
    const bool are_many_;
    bool is_read_ = false;
    std::map<telemetry::SourceKey, std::vector<telemetry::SeriesRow>> rows_;
};

}  // namespace martlet::http
