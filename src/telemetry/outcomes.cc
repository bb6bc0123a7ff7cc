#include "telemetry/outcomes.h"

#include <algorithm>
#include <functional>

namespace martlet::telemetry {

namespace {

constexpr std::size_t kRowCost = 512;
constexpr std::size_t kTextMax = 512;
// Decoders promise the same words for the same reason; should one not, the rest is told together.
constexpr std::size_t kTotalsMax = 1000;
constexpr std::string_view kOther = "other";

std::string_view cut(std::string_view text) {
    return text.substr(0, kTextMax);
}

// "not JSON" of "not JSON: cut off at byte 83": outcomes of one reason are counted together, and
// the last one tells its place.
std::string_view reason_of(std::string_view problem) {
    return cut(problem.substr(0, problem.find(": ")));
}

bool is_trouble(const Outcome& outcome) {
    Verdict verdict = outcome.verdict;
    bool is_read_in_part = verdict == Verdict::Read && !outcome.problem.empty();
    return is_read_in_part || verdict == Verdict::Opaque || verdict == Verdict::Withheld ||
           verdict == Verdict::Unreadable;
}

bool fits(const Outcome& outcome, const OutcomeQuery& query) {
    return (!query.sender || *query.sender == outcome.sender) &&
           (!query.verdict || *query.verdict == outcome.verdict) &&
           (query.decoder.empty() || query.decoder == outcome.decoder) &&
           (!query.only_trouble || is_trouble(outcome));
}

void add_part(std::string& key, std::string_view part) {
    key += cut(part);
    key += '\0';
}

void make_total_key(std::string& key, std::string_view decoder, Verdict verdict,
                    std::string_view problem) {
    key.clear();
    key += static_cast<char>(verdict);
    add_part(key, decoder);
    add_part(key, problem);
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
    switch (verdict) {
        case Verdict::Read:
            return "read";
        case Verdict::Nothing:
            return "nothing";
        case Verdict::Duplicate:
            return "duplicate";
        case Verdict::Withheld:
            return "withheld";
        case Verdict::Opaque:
            return "opaque";
        case Verdict::Unreadable:
            return "unreadable";
    }
    return "unknown";
}

void Outcomes::add(std::string_view decoder, const Decoded& decoded, const Incoming& message) {
    std::lock_guard lock(mutex_);
    count(decoder, decoded);
    remember(row_for(decoder, decoded, message), decoded, message);
    while (rows_.size() > 1 && (rows_.size() > limits_.rows_max || bytes_ > limits_.bytes_max))
        forget_oldest();
}

void Outcomes::count(std::string_view decoder, const Decoded& decoded) {
    make_total_key(key_, decoder, decoded.verdict, reason_of(decoded.problem));
    auto total = totals_.find(key_);
    if (total == totals_.end()) {
        std::string_view problem =
            totals_.size() < kTotalsMax ? reason_of(decoded.problem) : kOther;
        make_total_key(key_, decoder, decoded.verdict, problem);
        total = totals_.try_emplace(key_).first;
        total->second.decoder = decoder;
        total->second.verdict = decoded.verdict;
        total->second.problem = problem;
    }
    total->second.messages++;
}

Outcomes::Row& Outcomes::row_for(std::string_view decoder, const Decoded& decoded,
                                 const Incoming& message) {
    bool has_sender = !decoded.sender.id.empty();
    std::string_view kind = has_sender ? std::string_view(decoded.sender.kind) : "";
    std::string_view id = has_sender ? std::string_view(decoded.sender.id) : message.topic;
    make_total_key(key_, decoder, decoded.verdict, reason_of(decoded.problem));
    add_part(key_, kind);
    add_part(key_, id);
    auto found = by_key_.find(key_);
    if (found != by_key_.end()) {
        rows_.splice(rows_.begin(), rows_, found->second);
        return *found->second;
    }
    Row& row = rows_.emplace_front();
    row.key = key_;
    by_key_.emplace(key_, rows_.begin());
    Outcome& outcome = row.outcome;
    outcome.decoder = cut(decoder);
    outcome.sender = {std::string(cut(kind)), std::string(cut(id))};
    outcome.verdict = decoded.verdict;
    outcome.first = message.received;
    return row;
}

void Outcomes::remember(Row& row, const Decoded& decoded, const Incoming& message) {
    Outcome& outcome = row.outcome;
    outcome.messages++;
    outcome.last = message.received;
    outcome.problem.assign(cut(decoded.problem));
    // One topic of a device gives a hint, the next one none: it holds until its own takes it back.
    std::size_t topic = std::hash<std::string_view>()(message.topic);
    if (!decoded.hint.empty() || row.hint_topic == topic) {
        outcome.hint.assign(cut(decoded.hint));
        row.hint_topic = topic;
    }
    outcome.map.assign(cut(decoded.map));
    outcome.topic.assign(message.topic);
    // Who does not consent is counted, not shown.
    if (outcome.verdict != Verdict::Withheld)
        outcome.payload.assign(message.payload.substr(0, limits_.payload_bytes_max));
    outcome.payload_bytes = message.payload.size();
    std::size_t cost = kRowCost + 3 * row.key.size() + outcome.topic.capacity() +
                       outcome.payload.capacity() + outcome.hint.capacity() +
                       outcome.map.capacity() + outcome.problem.capacity();
    bytes_ += cost - row.cost;
    row.cost = cost;
}

void Outcomes::forget_oldest() {
    const Row& oldest = rows_.back();
    bytes_ -= oldest.cost;
    by_key_.erase(oldest.key);
    rows_.pop_back();
    forgotten_++;
}

std::vector<Outcome> Outcomes::find(const OutcomeQuery& query) const {
    std::vector<Outcome> found;
    std::lock_guard lock(mutex_);
    for (const Row& row : rows_) {
        if (found.size() >= query.limit) break;
        if (fits(row.outcome, query)) found.push_back(row.outcome);
    }
    return found;
}

std::vector<OutcomeTotal> Outcomes::totals() const {
    std::vector<OutcomeTotal> all;
    std::lock_guard lock(mutex_);
    for (const auto& [key, total] : totals_) all.push_back(total);
    return all;
}

std::size_t Outcomes::size() const {
    std::lock_guard lock(mutex_);
    return rows_.size();
}

std::uint64_t Outcomes::forgotten() const {
    std::lock_guard lock(mutex_);
    return forgotten_;
}

}  // namespace martlet::telemetry
