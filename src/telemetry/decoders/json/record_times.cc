// When the values of a record were measured.

#include "base/text.h"
#include "telemetry/decoders/json/record_reader.h"
#include "telemetry/decoders/plain_text.h"
#include "telemetry/payload_time.h"

#include <algorithm>
#include <cmath>

namespace martlet::telemetry {

void RecordReader::find_times(std::size_t index) {
    times_.clear();
    if (form_ && (form_->time.is_ignored || !form_->time.paths.empty())) {
        if (!form_->time.is_ignored) find_mapped_time(*context_);
        return;
    }
    if (!named_->has_clocks) return;
    std::string_view date;
    std::string_view clock;
    columns_.clear();
    for (std::size_t i = record_->first; i < record_->end; i++) {
        if (records_.record_of(i) != index) continue;
        const JsonLeaf& leaf = (*message_.leaves)[i];
        if (named_->names[i]->role == KeyRole::TimeColumn) add_column_time(leaf);
        if (named_->names[i]->role != KeyRole::Clock) continue;
        TimeMark mark;
        mark.object = leaf.path.substr(0, leaf.key_begin);
        mark.rank = named_->names[i]->time_key.rank;
        switch (time_of_member(named_->names[i]->time_key, leaf, options_.zone_minutes,
                               message_.incoming->received, mark.time)) {
            case TimeValue::Told:
                if (named_->names[i]->time_key.use != TimeUse::Moment) times_.push_back(mark);
                break;
            case TimeValue::NoZone:
                hint_at_zone();
                break;
            case TimeValue::DateOnly:
                date = leaf.text;
                break;
            case TimeValue::ClockOnly:
                clock = leaf.text;
                break;
            case TimeValue::Unclear:
                if (out_->hint.empty())
                    out_->hint = fmt::format("a time that is not understood: '{}'",
                                             plain_text(leaf.path, 64));
                break;
            case TimeValue::NotTime:
            case TimeValue::WrongClock:
                break;
        }
    }
    add_date_and_clock(date, clock);
    has_time_ = !times_.empty();
    if (times_.empty()) return;
    // The shallowest, and of those the best by name, holds for what has none of its own.
    auto best =
        std::min_element(times_.begin(), times_.end(), [](const TimeMark& a, const TimeMark& b) {
            if (a.object.size() != b.object.size()) return a.object.size() < b.object.size();
            return a.rank < b.rank;
        });
    context_->time = best->time;
    if (times_.size() == 1) times_.clear();
}

// "hourly.time.3" is the time of the fourth value of every other list in "hourly".
void RecordReader::add_column_time(const JsonLeaf& leaf) {
    auto list = leaf.path.substr(0, leaf.key_begin - 1);
    ColumnTime column;
    column.object = list.substr(0, list.rfind('.') + 1);
    column.place = leaf.path.substr(leaf.key_begin);
    TimeKey key;
    key.use = TimeUse::Record;
    if (time_of_member(key, leaf, options_.zone_minutes, message_.incoming->received,
                       column.time) == TimeValue::Told)
        columns_.push_back(column);
}

// A value of a list beside a list of times: the list is one series. False: it is no such value.
bool RecordReader::read_column(const JsonLeaf& leaf) {
    if (columns_.empty() || leaf.key_begin == 0) return false;
    auto list = leaf.path.substr(0, leaf.key_begin - 1);
    auto object = list.substr(0, list.rfind('.') + 1);
    auto place = leaf.path.substr(leaf.key_begin);
    auto found = std::find_if(columns_.begin(), columns_.end(), [&](const ColumnTime& column) {
        return column.place == place && column.object == object;
    });
    if (found == columns_.end()) return false;
    JsonLeaf value = leaf;
    value.path = list;
    value.key_begin = static_cast<std::uint32_t>(object.size());
    std::size_t prefix = std::min(record_->prefix.size(), list.size());
    column_time_ = found->time;
    read_value(value, tables_[form_]->find(list.substr(prefix),
                                           object.size() - std::min(prefix, object.size())));
    column_time_.reset();
    return true;
}

// A date and a clock that stand beside each other are one time.
void RecordReader::add_date_and_clock(std::string_view date, std::string_view clock) {
    if (date.empty() || clock.empty() || !times_.empty()) return;
    TimeMark mark;
    if (time_from_date_and_clock(date, clock, options_.zone_minutes, mark.time))
        times_.push_back(mark);
    else if (!options_.zone_minutes)
        hint_at_zone();
}

void RecordReader::hint_at_zone() {
    if (out_->hint.empty())
        out_->hint = "telemetry_option json zone +HH:MM (the times of this topic have no zone)";
}

void RecordReader::find_mapped_time(Context& context) {
    const TimeRule& rule = form_->time;
    Time received = message_.incoming->received;
    auto zone = rule.zone_minutes ? rule.zone_minutes : options_.zone_minutes;
    for (const std::string& path : rule.paths) {
        const JsonLeaf* leaf = look_up(path);
        const JsonLeaf* base = rule.base_path.empty() ? nullptr : look_up(rule.base_path);
        if (!leaf && !base) continue;
        Time time = 0;
        if (base) {
            double from = 0;
            double offset = 0;
            if (!as_number(*base, from) || (leaf && !as_number(*leaf, offset))) continue;
            JsonLeaf sum;
            sum.type = LeafType::Real;
            sum.number = from + offset;
            if (!std::isfinite(sum.number) || !payload_time(sum, zone, received, time)) continue;
        } else {
            auto index = static_cast<std::size_t>(leaf - message_.leaves->data());
            TimeKey key = named_->names[index]->time_key;
            if (key.use == TimeUse::None) key.use = TimeUse::Record;
            TimeValue value = time_of_member(key, *leaf, zone, received, time);
            if (value == TimeValue::NoZone) hint_at_zone();
            if (value != TimeValue::Told) continue;
        }
        context.time = time;
        has_time_ = true;
        return;
    }
}

Time RecordReader::time_of(const JsonLeaf& leaf) const {
    const TimeMark* best = nullptr;
    for (const TimeMark& mark : times_) {
        if (!leaf.path.starts_with(mark.object)) continue;
        bool is_better = !best || mark.object.size() > best->object.size() ||
                         (mark.object.size() == best->object.size() && mark.rank < best->rank);
        if (is_better) best = &mark;
    }
    return best ? best->time : context_->time;
}

}  // namespace martlet::telemetry
