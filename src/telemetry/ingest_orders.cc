// What is asked of the telemetry thread while it runs: changes of the store, other options; and the
// messages that other options make readable.

#include "base/log.h"
#include "telemetry/ingest.h"

#include <algorithm>
#include <future>
#include <utility>

namespace martlet::telemetry {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kOrderTimeout{10};
// Between two pieces of what is read again, so that what comes in goes first.
constexpr milliseconds kBetweenPieces{20};
// What was cut when it was kept is no longer the message.
constexpr std::size_t kWholeBytesMax = LedgerOptions().raw_bytes_max;

}  // namespace

struct Ingest::Order {
    std::function<Status()> work;
    std::promise<Status> done;
    std::atomic<bool> is_taken{false};  // by the thread, or back by whoever waited too long
};

Status Ingest::carry_out(std::function<Status()> work) {
    auto order = std::make_shared<Order>();
    order->work = std::move(work);
    std::future<Status> done = order->done.get_future();
    {
        std::lock_guard lock(mutex_);
        if (!is_running_) return Error{"Telemetry is stopping."};
        orders_.push_back(order);
    }
    wake();
    if (done.wait_for(kOrderTimeout) == std::future_status::ready) return done.get();
    if (!order->is_taken.exchange(true))
        return Error{"The telemetry store does not answer; nothing was changed. Try again."};
    if (done.wait_for(kOrderTimeout) == std::future_status::ready) return done.get();
    return Error{"The telemetry store does not answer; the change may still be made."};
}

void Ingest::carry_out_orders() {
    std::vector<std::shared_ptr<Order>> orders;
    {
        std::lock_guard lock(mutex_);
        orders.swap(orders_);
    }
    for (auto& order : orders)
        if (!order->is_taken.exchange(true)) order->done.set_value(order->work());
}

void Ingest::end_orders() {
    std::lock_guard lock(mutex_);
    is_running_ = false;
    for (auto& order : orders_) order->done.set_value(Error{"Telemetry is stopping."});
    orders_.clear();
}

Status Ingest::change(Change change) {
    return carry_out([this, change = std::move(change)] { return change(*writer_, ledger_); });
}

Status Ingest::reconfigure(Options options) {
    if (std::string problem = problem_of(options); !problem.empty()) return Error{problem, 3};
    return carry_out([this, options = std::move(options)] { return apply(options); });
}

Status Ingest::apply(Options options) {
    options.is_on = options_->is_on;
    options.store = options_->store;
    auto rules = Rules::make(options, &rules_);
    if (!rules) return rules.error();
    bool has_other_keys = options.decoder_options != options_->decoder_options;
    units_ = OperatorUnits(options.units);
    ledger_.set_options(ledger_options(options));
    ledger_.doubt_operator_units();
    thresholds_.set(options.thresholds);
    {
        std::lock_guard lock(mutex_);
        rules_ = std::move(rules).value();
        options_ = std::make_shared<const Options>(std::move(options));
    }
    if (has_other_keys) raw_again_.begin();
    return Done{};
}

std::shared_ptr<const Options> Ingest::options() const {
    std::lock_guard lock(mutex_);
    return options_;
}

std::vector<Rules::Row> Ingest::rules() const {
    std::lock_guard lock(mutex_);
    return rules_.rows();
}

// A piece at a time, each with its own commit: what comes out is stored together with the word that
// it was read, so once.
void Ingest::read_kept(Clock::time_point now) {
    if (!raw_again_.is_on() || now < again_at_ || is_failing_) return;
    // What came last is looked through as well: it is not in the store yet.
    if (raw_again_.is_at_begin() && has_unstored()) commit();
    if (is_failing_) return;
    auto rows = raw_again_.next(*store_);
    again_at_ = now + kBetweenPieces;
    if (!rows) {
        log::warning(
            "{} Messages that were kept for lack of a key are not read again until the "
            "next start.",
            rows.error().text);
        return;
    }
    for (const RawRow& row : rows.value()) read_again(row);
    if (is_again_unstored_) commit();
    if (raw_again_.is_on() || read_again_ == 0) return;
    log::notice("{} messages that had been kept for lack of a key were read.",
                std::exchange(read_again_, 0));
}

void Ingest::read_again(const RawRow& row) {
    Rules::Choice choice = rules_.choose(row.topic);
    if (choice.decoder == nullptr || row.payload.size() >= kWholeBytesMax) return;
    Incoming incoming;
    incoming.topic = row.topic;
    incoming.payload = row.payload;
    incoming.received = row.time;
    incoming.is_again = true;
    decoded_.clear();
    choice.decoder->decode(incoming, decoded_);
    // Unreadable: a key that fits by chance, or another decoder; the right one may come yet.
    if (decoded_.verdict == Verdict::Opaque || decoded_.verdict == Verdict::Unreadable) return;
    bool is_withheld = decoded_.verdict == Verdict::Withheld;
    counts_.samples.fetch_add(decoded_.samples.size(), std::memory_order_relaxed);
    if (!units_.is_empty()) units_.apply(decoded_.samples);
    ledger_.add(decoded_, row.time);
    ledger_.mend_raw({row.key, decoded_.problem, is_withheld});
    is_again_unstored_ = true;
    read_again_++;
}

}  // namespace martlet::telemetry
