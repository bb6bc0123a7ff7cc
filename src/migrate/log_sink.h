#pragma once

// Puts records into a journal, in groups of bounded size. Nothing of them counts before finish()
// has returned well. One thread.

#include "journal/log.h"
#include "migrate/record_sink.h"

namespace martlet::migrate {

class LogSink final : public RecordSink {
  public:
    explicit LogSink(journal::Log& log) : RecordSink(log.next_key()), log_(log) {}

    Status put(journal::Key key, const broker::Record& record) override;
    Status put(journal::Key key, ByteView value);
    // All is on the disk.
    Status finish();

  private:
    Status write_if(bool is_due);

    journal::Log& log_;
    journal::Group group_;
};

}  // namespace martlet::migrate
