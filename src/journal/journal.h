#pragma once

// The journal as the broker sees it: batches go in, the word comes back when they are on the disk.
// Implemented by ThreadedJournal for the real program, and by tests in one thread.

#include "journal/group.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace martlet::journal {

enum class Outcome : std::uint8_t {
    Committed,  // as durable as `persistence_sync` says
    Full,       // nothing of it was written: there is no room
};

// What one submitter wants written as a whole. Made by the submitter; from submit() on it belongs
// to the journal until finish() gives it back.
class Batch {
  public:
    virtual ~Batch() = default;
    // Appends its records. Called on the journal's thread, perhaps more than once, each time with
    // a Group to which others have written before.
    virtual void encode(Group& group) = 0;
    // It makes room, or keeps receivers going: it may use what is reserved, and is not refused.
    virtual bool is_essential() const = 0;
    // On the journal's thread: hand `self` back to whoever submitted it.
    virtual void finish(std::unique_ptr<Batch> self, Outcome outcome) = 0;
};

// Records to be read back, in the order asked for.
class Reading {
  public:
    virtual ~Reading() = default;
    std::vector<Key> keys;
    // One for each key; empty: no such record, or it cannot be read.
    std::vector<std::vector<std::uint8_t>> values;
    // On the reader's thread.
    virtual void finish(std::unique_ptr<Reading> self) = 0;
};

// Any thread.
class Journal {
  public:
    virtual ~Journal() = default;
    virtual void submit(std::unique_ptr<Batch> batch) = 0;
    virtual void read(std::unique_ptr<Reading> reading) = 0;
    // The first of `count` keys that are the caller's from now on.
    virtual Key take_keys(std::uint64_t count) = 0;
    // There is no room for batches that are not essential. Goes away by itself.
    virtual bool is_full() const = 0;
};

}  // namespace martlet::journal
