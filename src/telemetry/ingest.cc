#include "telemetry/ingest.h"

#include "base/log.h"
#include "broker/message.h"
#include "broker/publication.h"
#include "mqtt/secret_topic.h"
#include "telemetry/ledger_text.h"

#include <algorithm>
#include <utility>

namespace martlet::telemetry {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Rows that one transaction has at most, and that wait at most while the store does not take them.
constexpr std::size_t kCommitRows = 20'000;
constexpr std::size_t kWaitingRows = 200'000;
constexpr milliseconds kRetry{1000};
constexpr seconds kPruneEvery{60};
// What goes on is told again so often.
constexpr std::chrono::minutes kTellFailureEvery{10};
constexpr std::chrono::hours kTellDropsEvery{1};
constexpr std::int64_t kDay = 24 * 3600 * 1000;

std::string_view text_of(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::unique_ptr<Store> store_of(const Options& options) {
    bool is_postgresql =
        options.store.starts_with("postgresql:") || options.store.starts_with("postgres:");
    return is_postgresql ? make_postgresql_store(options.store) : make_sqlite_store(options.store);
}

// Views into the message.
Incoming incoming_of(const broker::TapMessage& message) {
    broker::MessageView view(message.message.get());
    Incoming incoming;
    // A key in the topic is told to nobody.
    incoming.topic = mqtt::without_key(view.topic());
    incoming.payload = text_of(view.payload());
    incoming.received = message.received.count();
    incoming.retain = message.retain;
    incoming.qos = static_cast<std::uint8_t>(view.head().qos);
    return incoming;
}

// A name that a device has chosen, for one line of the log.
std::string printable(const SourceId& source) {
    if (source.id.empty()) return "nobody";
    std::string text = storable_text(source.kind + " " + source.id, 200);
    auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
    std::replace_if(text.begin(), text.end(), is_control, '?');
    return text;
}

Time now_ms() {
    return read_clocks().wall.count();
}

}  // namespace

Result<std::unique_ptr<Ingest>> Ingest::open(const Options& options, broker::Post& post) {
    if (std::string problem = problem_of(options); !problem.empty()) return Error{problem, 3};
    auto rules = Rules::make(options);
    if (!rules) return rules.error();
    std::unique_ptr<Store> store = store_of(options);
    auto writer = store->open_writer();
    if (!writer) return writer.error();
    auto contents = writer.value()->load();
    if (!contents) return contents.error();
    return std::unique_ptr<Ingest>(new Ingest(options, post, std::move(rules).value(),
                                              std::move(store), std::move(writer).value(),
                                              contents.value()));
}

Ingest::Ingest(Options options, broker::Post& post, Rules rules, std::unique_ptr<Store> store,
               std::unique_ptr<StoreWriter> writer, const StoreContents& contents)
    : options_(std::make_shared<const Options>(std::move(options))),
      post_(post),
      rules_(std::move(rules)),
      units_(options_->units),
      store_(std::move(store)),
      writer_(std::move(writer)),
      ledger_(contents, ledger_options(*options_)),
      silence_(ledger_),
      thresholds_(options_->thresholds) {
    for (const AppliedRow& row : contents.applied) applied_[row.tap] = row.number;
    counts_.sources = ledger_.source_count();
    counts_.series = ledger_.series_count();
}

Ingest::~Ingest() {
    stop();
    for (InboxNode* node = mail_.take_all(); node != nullptr;)
        delete static_cast<broker::TapBatch*>(std::exchange(node, node->next));
}

void Ingest::start() {
    is_running_ = true;
    thread_ = std::thread([this] { run(); });
}

void Ingest::stop() {
    if (!thread_.joinable()) return;
    is_stopping_ = true;
    wake();
    thread_.join();
}

journal::Key Ingest::stored_up_to(std::string_view name) const {
    auto known = applied_.find(name);
    return known == applied_.end() ? 0 : known->second;
}

void Ingest::take(std::unique_ptr<broker::TapBatch> batch) {
    counts_.waiting_bytes.fetch_add(batch->bytes, std::memory_order_relaxed);
    if (mail_.push(batch.release())) wake();
}

void Ingest::wake() {
    {
        std::lock_guard lock(mutex_);
        is_woken_ = true;
    }
    woken_.notify_one();
}

void Ingest::wait(Clock::time_point until) {
    if (!mail_.prepare_sleep()) return;
    std::unique_lock lock(mutex_);
    woken_.wait_until(lock, until, [this] { return is_woken_; });
    is_woken_ = false;
    mail_.end_sleep();
}

void Ingest::run() {
    prune_at_ = Clock::now() + kPruneEvery;
    // A key may have come with this start.
    raw_again_.begin();
    bool is_last = false;
    while (!is_last) {
        is_last = is_stopping_;
        take_mail();
        if (is_last) leave_to_journal();
        while (!unread_.empty() && ledger_.gathered() < kWaitingRows && !is_failing_) {
            read(*unread_.front());
            unstored_.push_back(std::move(unread_.front()));
            unread_.pop_front();
            if (is_commit_due(Clock::now())) commit();
        }
        Clock::time_point now = Clock::now();
        if (is_last || is_commit_due(now)) commit();
        carry_out_orders();
        prune(now);
        look_for_silence(now);
        if (!is_last) read_kept(now);
        log::flush();
        // What was left unread while the store failed.
        bool has_more = !unread_.empty() && !is_failing_;
        if (has_more) is_last = false;
        if (has_more) continue;
        if (is_last) break;
        Clock::time_point until = std::min(prune_at_, look_for_silence_at_);
        if (has_unstored())
            until = is_failing_ ? retry_at_ : oldest_read_ + milliseconds(options_->commit_ms);
        if (raw_again_.is_on() && !is_failing_) until = std::min(until, again_at_);
        wait(until);
    }
    end_orders();
}

void Ingest::take_mail() {
    for (InboxNode* node = mail_.take_all(); node != nullptr;) {
        auto* batch = static_cast<broker::TapBatch*>(std::exchange(node, node->next));
        unread_.emplace_back(batch);
    }
}

// The next run is given them: a stop need not wait for them, however many there are.
void Ingest::leave_to_journal() {
    auto is_kept = [](const broker::TapMessage& message) { return message.key != 0; };
    for (auto& batch : unread_) std::erase_if(batch->messages, is_kept);
}

bool Ingest::is_applied(const broker::TapBatch& batch, const broker::TapMessage& message) const {
    if (message.key == 0) return false;
    auto known = applied_.find(*batch.name);
    return known != applied_.end() && message.key <= known->second;
}

void Ingest::read(const broker::TapBatch& batch) {
    std::uint64_t newest = 0;
    if (unstored_.empty()) {
        oldest_read_ = Clock::now();
        oldest_received_ms_ = INT64_MAX;
    }
    incoming_.clear();
    for (const broker::TapMessage& message : batch.messages) {
        oldest_received_ms_ = std::min<std::int64_t>(oldest_received_ms_, message.received.count());
        if (is_applied(batch, message)) {
            counts_.repeated.fetch_add(1, std::memory_order_relaxed);
            continue;
        }
        incoming_.push_back(incoming_of(message));
        newest = std::max(newest, message.key);
    }
    counts_.messages.fetch_add(incoming_.size(), std::memory_order_relaxed);
    topics_.add(incoming_);
    for (const Incoming& incoming : incoming_) read(incoming);
    if (newest == 0) return;
    applied_[*batch.name] = newest;
    ledger_.applied(*batch.name, newest);
}

void Ingest::read(const Incoming& incoming) {
    Rules::Choice choice = rules_.choose(incoming.topic);
    if (choice.decoder == nullptr) return;
    decoded_.clear();
    Incoming chosen = incoming;
    chosen.filter = choice.filter;
    choice.decoder->decode(chosen, decoded_);
    outcomes_.add(choice.name, decoded_, incoming);
    mesh_traffic_.add(decoded_.packets, incoming.received);
    counts_.samples.fetch_add(decoded_.samples.size(), std::memory_order_relaxed);
    if (!units_.is_empty()) units_.apply(decoded_.samples);
    ledger_.add(decoded_, incoming.received);
    // Who does not consent is not kept for inspection either.
    if (decoded_.verdict != Verdict::Withheld)
        ledger_.keep_raw(decoded_.sender, incoming, decoded_.problem);
    for (const DerivedMessage& derived : decoded_.messages) publish(derived);
}

// By the first shard, as if a client of it had sent it.
void Ingest::publish(const DerivedMessage& message) {
    broker::Publication publication;
    publication.topic = message.topic;
    publication.payload = as_bytes(message.payload);
    publication.qos = static_cast<mqtt::Qos>(message.qos);
    publication.retain = message.retain;
    auto letters = std::make_unique<broker::LetterBatch>();
    letters->letters.emplace_back(broker::InjectLetter{publication.message()});
    post_.post(0, std::move(letters));
}

bool Ingest::is_commit_due(Clock::time_point now) const {
    if (!has_unstored()) return false;
    if (is_failing_) return now >= retry_at_;
    return ledger_.gathered() >= kCommitRows ||
           now - oldest_read_ >= milliseconds(options_->commit_ms);
}

void Ingest::commit() {
    const WriteBatch& batch = ledger_.batch();
    if (!batch.is_empty()) {
        Clock::time_point begun = Clock::now();
        Status status = writer_->write(batch);
        counts_.commit_seconds.observe(std::chrono::duration<double>(Clock::now() - begun).count());
        if (!status) return on_failure(status.error());
        ledger_.committed();
        counts_.commits++;
        tell_refusals();
    }
    publish_counts();
    tell_drops(Clock::now());
    if (is_failing_) log::notice("The telemetry store takes data again.");
    told_failure_.clear();
    is_failing_ = false;
    is_again_unstored_ = false;
    give_back();
}

// From here on nothing is read until the batch is stored: it stays the same one.
void Ingest::on_failure(const Error& error) {
    ledger_.failed();
    counts_.failed_commits++;
    Clock::time_point now = Clock::now();
    is_failing_ = true;
    retry_at_ = now + kRetry;
    if (error.text == told_failure_ && now < tell_failure_at_) return;
    told_failure_ = error.text;
    tell_failure_at_ = now + kTellFailureEvery;
    log::error("{} Telemetry waits and tries again; messages of QoS 1 and 2 stay in the journal.",
               error.text);
}

void Ingest::publish_counts() {
    const LedgerCounts& counts = ledger_.counts();
    for (std::size_t i = 0; i < kDrops; i++) counts_.dropped[i] = counts.dropped[i];
    counts_.late_samples = counts.late_samples;
    counts_.mended_times = counts.mended_times;
    counts_.cut_texts = counts.cut_texts;
    counts_.counter_resets = counts.counter_resets;
    counts_.meters_replaced = counts.meters_replaced;
    counts_.counter_jumps = counts.counter_jumps;
    counts_.sources = ledger_.source_count();
    counts_.series = ledger_.series_count();
}

void Ingest::tell_refusals() {
    const Refusals& refusals = writer_->refusals();
    counts_.refused_rows = refusals.rows;
    if (refusals.rows == told_refusals_) return;
    log::error("The telemetry store will never take {} of the last rows, which are left out: {}",
               refusals.rows - told_refusals_, refusals.why);
    told_refusals_ = refusals.rows;
}

// A device that has gone mad drops much: its first values are told at once, the others by the hour.
void Ingest::tell_drops(Clock::time_point now) {
    const LedgerCounts& counts = ledger_.counts();
    bool is_due = now >= tell_drops_at_;
    for (std::size_t i = 0; i < kDrops; i++) {
        std::uint64_t more = counts.dropped[i] - told_drops_[i];
        if (more == 0 || (!is_due && told_drops_[i] != 0)) continue;
        told_drops_[i] = counts.dropped[i];
        auto reason = static_cast<Drop>(i);
        log::warning("Telemetry drops values: {} more of reason \"{}\", the last one of {}.", more,
                     drop_name(reason), printable(ledger_.last_dropped(reason)));
    }
    if (is_due) tell_drops_at_ = now + kTellDropsEvery;
}

void Ingest::give_back() {
    if (!unstored_.empty()) {
        std::int64_t lag_ms = std::max<std::int64_t>(0, now_ms() - oldest_received_ms_);
        counts_.lag_seconds.observe(static_cast<double>(lag_ms) / 1000);
    }
    for (auto& batch : std::exchange(unstored_, {})) {
        counts_.waiting_bytes.fetch_sub(batch->bytes, std::memory_order_relaxed);
        std::uint32_t shard = batch->shard;
        auto letters = std::make_unique<broker::LetterBatch>();
        letters->letters.emplace_back(broker::TapLetter{std::move(batch)});
        post_.post(shard, std::move(letters));
    }
}

void Ingest::look_for_silence(Clock::time_point now) {
    if (now < look_for_silence_at_) return;
    bool is_deaf = is_failing_ || !unread_.empty();
    look_for_silence_at_ = now + silence_.sweep(ledger_, *thresholds_.table(), now_ms(), is_deaf);
}

Retention Ingest::retention() const {
    Time now = now_ms();
    auto before = [now](std::uint32_t days) { return days == 0 ? 0 : now - days * kDay; };
    Retention retention;
    retention.samples_before = before(options_->samples_days);
    for (std::size_t i = 0; i < kRollups.size(); i++)
        retention.rollups_before[i] = before(options_->rollup_days[i]);
    retention.positions_before = before(options_->positions_days);
    retention.events_before = before(options_->events_days);
    retention.raw_kept = options_->raw_kept;
    return retention;
}

// A piece at a time, so that what comes in does not wait long.
void Ingest::prune(Clock::time_point now) {
    if (now < prune_at_ || is_failing_) return;
    auto has_more = writer_->prune(retention());
    if (!has_more) log::warning("{}", has_more.error().text);
    bool goes_on = has_more && has_more.value();
    prune_at_ = now + (goes_on ? milliseconds(50) : milliseconds(kPruneEvery));
}

}  // namespace martlet::telemetry
