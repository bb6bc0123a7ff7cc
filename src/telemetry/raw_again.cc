#include "telemetry/raw_again.h"

#include <utility>

namespace martlet::telemetry {

namespace {

constexpr std::string_view kNoKey = "unknown key";
// Messages that are looked at in one piece.
constexpr std::size_t kPiece = 200;

}  // namespace

Result<std::vector<RawRow>> RawAgain::next(Store& store) {
    // Until it is known that there is more.
    is_on_ = false;
    if (reader_ == nullptr) {
        auto reader = store.open_reader();
        if (!reader) return reader.error();
        reader_ = std::move(reader).value();
    }
    std::vector<RawRow> found;
    auto last = reader_->raw_with_problem(kNoKey, after_, kPiece, [&](const RawRow& row) {
        found.push_back(row);
        return true;
    });
    is_on_ = last.ok() && last.value() != 0;
    if (is_on_) after_ = last.value();
    if (!is_on_) reader_.reset();
    if (!last) return last.error();
    return found;
}

}  // namespace martlet::telemetry
