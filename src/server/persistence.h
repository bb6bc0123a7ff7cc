#pragma once

// `persistence true`: opens the journal at the configured place, tells the log how it found it, and
// makes the broker's sessions of what is in it. Main thread.

#include "base/result.h"
#include "broker/restore.h"
#include "config/settings.h"
#include "journal/threaded_journal.h"
#include "server/mail.h"

#include <memory>
#include <string>

namespace martlet::server {

class Persistence {
  public:
    // Reads the journal. An error says which file is in the way and what to do.
    static Result<std::unique_ptr<Persistence>> open(const config::Settings& settings,
                                                     Mailboxes& mailboxes);

    journal::ThreadedJournal& journal() { return *journal_; }
    // Gives the shards what was read. Once, before their threads run.
    void restore(broker::Shared& shared, const std::vector<broker::Shard*>& shards);

  private:
    Persistence() = default;

    std::string path_;
    journal::Log* log_ = nullptr;  // the journal's
    std::unique_ptr<broker::Restore> restore_;
    std::unique_ptr<journal::ThreadedJournal> journal_;
};

// Where the journal of these settings is.
std::string journal_path(const config::Settings& settings);

}  // namespace martlet::server
