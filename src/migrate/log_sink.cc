#include "migrate/log_sink.h"

namespace martlet::migrate {

namespace {

constexpr std::size_t kGroupBytes = 1 << 20;

}  // namespace

Status LogSink::put(journal::Key key, const broker::Record& record) {
    broker::put(group_, key, record);
    return write_if(group_.size() >= kGroupBytes);
}

Status LogSink::put(journal::Key key, ByteView value) {
    group_.put(key, value);
    return write_if(group_.size() >= kGroupBytes);
}

Status LogSink::finish() {
    log_.note_next_key(next_key());
    Status written = write_if(!group_.empty());
    if (!written) return written;
    return log_.sync();
}

Status LogSink::write_if(bool is_due) {
    if (!is_due) return Done{};
    Status status = log_.append(group_, false);
    group_.clear();
    return status;
}

}  // namespace martlet::migrate
