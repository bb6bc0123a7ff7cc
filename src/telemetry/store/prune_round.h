#pragma once

// What is too old leaves a store piece by piece: a round walks the tables, and in each the series
// or sources, and remembers where it stands. The SQL is the same for every store. Belongs to the
// writer.

#include "base/result.h"
#include "telemetry/store/store.h"

#include <optional>
#include <span>

namespace martlet::telemetry {

// How a store carries out a statement; its parameters are written ?1, ?2 ...
class PruneDoor {
  public:
    virtual ~PruneDoor() = default;
    // The first column of the only row; nothing: NULL.
    virtual Result<std::optional<std::int64_t>> ask(const char* sql,
                                                    std::span<const std::int64_t> parameters) = 0;
    // How many rows it removed.
    virtual Result<std::int64_t> remove(const char* sql,
                                        std::span<const std::int64_t> parameters) = 0;
};

class PruneRound {
  public:
    // One piece of work, inside a transaction. False: the round is over; the next call begins
    // another. After an error, or when the transaction is not committed: undo().
    Result<bool> go_on(PruneDoor& door, const Retention& retention);
    void undo() { place_ = before_; }

  private:
    // After which series or source of which step.
    struct Place {
        std::size_t step = 0;
        std::int64_t after = -1;
    };

    void next_step() { place_ = {place_.step + 1, -1}; }
    Result<std::int64_t> prune_owner(PruneDoor& door, std::int64_t limit, std::int64_t rows_max);

    Place place_;
    Place before_;
};

}  // namespace martlet::telemetry
