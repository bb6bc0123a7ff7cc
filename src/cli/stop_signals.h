#pragma once

// SIGINT and SIGTERM as something to read, so that a command can say goodbye before it ends. From
// then on they interrupt nothing. Main thread.

namespace martlet::cli {

class StopSignals {
  public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    // Readable once a signal came; -1 if the system gave none.
    int fd() const { return fd_; }

  private:
    int fd_;
};

}  // namespace martlet::cli
