#pragma once

// A journal that appears under its name only when it is whole: written to NAME.importing, synced,
// then renamed. What an earlier try left under that name is thrown away. Cold path; one thread.

#include "base/result.h"
#include "migrate/log_sink.h"

#include <memory>
#include <string>

namespace martlet::migrate {

// Where the journal `path` stands while it is written.
std::string importing_path(const std::string& path);

class NewJournal {
  public:
    // Holds the lock of NAME.importing, so that a second one ends in an error.
    static Result<NewJournal> begin(const std::string& path);

    LogSink& sink() { return *sink_; }
    // All of it is on the disk, under NAME.importing.
    Status finish();
    // Gives it its name.
    Status publish();
    // After an error: leaves nothing that takes up room.
    void discard();

  private:
    explicit NewJournal(std::string path) : path_(std::move(path)) {}

    std::string path_;
    std::unique_ptr<journal::Log> log_;
    std::unique_ptr<LogSink> sink_;
};

}  // namespace martlet::migrate
