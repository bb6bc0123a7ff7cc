#include "http/store_readers.h"

#include <utility>

namespace martlet::http {

namespace {

constexpr std::size_t kIdleMax = 8;

}  // namespace

Result<StoreReaders::Loan> StoreReaders::lend() {
    {
        std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            Loan loan(idle_.back().release(), GiveBack{this});
            idle_.pop_back();
            return loan;
        }
    }
    auto opened = store_.open_reader();
    if (!opened) return opened.error();
    return Loan(std::move(opened).value().release(), GiveBack{this});
}

void StoreReaders::GiveBack::operator()(telemetry::StoreReader* reader) const {
    std::unique_ptr<telemetry::StoreReader> owned(reader);
    std::lock_guard lock(owner->mutex_);
    if (owner->idle_.size() < kIdleMax) owner->idle_.push_back(std::move(owned));
}

}  // namespace martlet::http
