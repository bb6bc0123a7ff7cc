// Each value of a record: a number with its unit, a state, a fact, an alarm.

#include "base/ascii.h"
#include "base/text.h"
#include "telemetry/decoders/json/metric_words.h"
#include "telemetry/decoders/json/record_reader.h"
#include "telemetry/decoders/json/rounded.h"
#include "telemetry/decoders/json/state_text.h"
#include "telemetry/decoders/plain_text.h"
#include "telemetry/emergency.h"
#include "telemetry/number_text.h"
#include "telemetry/payload_time.h"
#include "telemetry/units.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace martlet::telemetry {

namespace {

// One record may not bring more series than this; values that are left out are counted in a fact.
constexpr std::size_t kValuesMax = 256;

// Whole numbers stay whole, also those that came as text.
Value number_value(const JsonLeaf& leaf, double number) {
    if (leaf.type == LeafType::Integer) return leaf.integer;
    if (leaf.type == LeafType::Text) {
        std::int64_t whole = 0;
        auto* end = leaf.text.data() + leaf.text.size();
        auto result = std::from_chars(leaf.text.data(), end, whole);
        if (result.ec == std::errc{} && result.ptr == end) return whole;
    }
    return number;
}

double as_double(const Value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
    return std::get<double>(value);
}

// true or 1; a larger number is a measurement of that name ("gas": 12).
bool is_one(const JsonLeaf& leaf) {
    return leaf.type != LeafType::Null && leaf.number == 1;
}

bool is_number(const JsonLeaf& leaf) {
    return leaf.type == LeafType::Integer || leaf.type == LeafType::Real;
}

bool is_scaled(const KeyRule& rule) {
    return rule.scale != 1 || rule.divisor != 1;
}

// A name only hints at a unit. A value that cannot be in it shows that it is in another one:
// sensors of pressure also tell pascals, those with a battery millivolts. Better none than a wrong
// one.
std::string_view fitting_unit(std::string_view unit, double number) {
    double size = std::abs(number);
    if (unit == "hPa") {
        if (size >= 300 && size <= 1200) return unit;
        return size >= 30'000 && size <= 120'000 ? "Pa" : "";
    }
    // A strength in per cent.
    if (unit == "dBm" && number > 0) return "";
    // A radio's frequency may be told in MHz.
    if (unit == "Hz" && size > 100 && size < 1e5) return "";
    // 2312 may be in mV or in tenths of a volt.
    if (unit == "V" && size >= 1000) return "";
    // Hundredths, tenths, volts under the name of something else.
    if (unit == "°C" && (number > 400 || number < -100)) return "";
    if (unit == "%" && size > 100) return "";
    if (unit == "°" && size > 360) return "";
    return unit;
}

}  // namespace

void RecordReader::read_leaf(std::size_t leaf_index) {
    const JsonLeaf& leaf = (*message_.leaves)[leaf_index];
    if (leaf.type == LeafType::Null) return;
    const KeyName& name = chosen_name(*named_->names[leaf_index]);
    switch (name.role) {
        case KeyRole::Unit:
        case KeyRole::UnitOf:
            // A number or a boolean of that name is a value ("bat_unit": 1).
            if (leaf.type != LeafType::Text) read_value(leaf, name);
            return;
        case KeyRole::PerhapsUnit:
            if (leaf.type != LeafType::Text || known_unit(leaf.text).empty())
                read_value(leaf, name);
            return;
        case KeyRole::Ignored:
            return;
        case KeyRole::Reception:
            return read_reception(leaf, name);
        case KeyRole::Clock:
            // A text that is no time is no state either.
            if (leaf.type == LeafType::Text && name.time_key.use == TimeUse::Record) return;
            if (is_clock(leaf, name) || (form_ && form_->drops_others)) return;
            return read_value(leaf, name);
        case KeyRole::Latitude:
            // Of a place that is not the sender's neither half is a measurement.
            if (!name.is_of_another && !read_place(leaf, name)) read_value(leaf, name);
            return;
        case KeyRole::Longitude:
            if (name.is_of_another) return;
            if (name.is_of_unknown || !is_part_of_place(leaf)) read_value(leaf, name);
            return;
        case KeyRole::TooLong:
            left_out_++;
            return;
        case KeyRole::TimeColumn:
            return;
        case KeyRole::TimeNamed:
            return tell_left_out("a time as a name", leaf);
        case KeyRole::Measured:
            if (!read_column(leaf)) read_value(leaf, name);
    }
}

// Of the rules of a map for this key, the first whose condition holds.
const KeyName& RecordReader::chosen_name(const KeyName& name) const {
    for (const auto& choice : name.conditional)
        if (all_hold(choice->rule->conditions, *this)) return *choice;
    return name;
}

bool RecordReader::is_clock(const JsonLeaf& leaf, const KeyName& name) const {
    Time time = 0;
    return time_of_member(name.time_key, leaf, options_.zone_minutes, message_.incoming->received,
                          time) != TimeValue::NotTime;
}

void RecordReader::read_value(const JsonLeaf& leaf, const KeyName& name) {
    key_ = &name;
    if (values_ >= kValuesMax) {
        left_out_++;
        return;
    }
    if (name.rule && name.rule->use == KeyUse::Fact) {
        std::string text;
        append_leaf_text(leaf, text);
        return add_fact(metric_of(name), text);
    }
    bool is_named_by_topic = message_.is_bare && form_ && leaf.type != LeafType::Integer;
    bool is_judged = name.can_alarm || is_named_by_topic || is_of_alarms_ ||
                     (name.rule && name.rule->use == KeyUse::Alarm);
    bool is_certain = !is_judged && leaf.type == LeafType::Text && !is_name_key(name.last) &&
                      is_certain_emergency(leaf.text);
    if (is_judged || is_certain || is_call_for_help(leaf, name)) judge_alarm(leaf, name);
    if (name.rule && is_not_told(leaf, *name.rule)) return;
    if (name.rule && read_words(leaf, name)) return;
    double number = 0;
    bool is_state = name.rule && name.rule->use == KeyUse::State;
    // An identity has no fraction: "vin" is an input voltage, too.
    bool is_identity = name.is_identity && leaf.type != LeafType::Boolean &&
                       !(is_number(leaf) && (leaf.type == LeafType::Real || name.last == "vin"));
    // So long a number is a name; its digits would be lost.
    bool is_long = leaf.type == LeafType::Real && !leaf.text.empty();
    if (is_identity || is_long) {
        std::string text;
        append_leaf_text(leaf, text);
        add_fact(metric_of(name), text);
    } else if (leaf.type == LeafType::Boolean) {
        add_state(leaf, name, leaf.integer);
    } else if (leaf.type == LeafType::Text) {
        read_text(leaf, name);
    } else if (as_number(leaf, number)) {
        if (is_state)
            add_state(leaf, name, number_value(leaf, number));
        else
            add_number(leaf, name, number_value(leaf, number));
    }
}

// The map says that this value stands for none.
bool RecordReader::is_not_told(const JsonLeaf& leaf, const KeyRule& rule) {
    if (rule.not_told.empty()) return false;
    std::string text;
    append_leaf_text(leaf, text);
    return std::find(rule.not_told.begin(), rule.not_told.end(), text) != rule.not_told.end();
}

// The words that a map gives for texts. False: the map has none for this text.
bool RecordReader::read_words(const JsonLeaf& leaf, const KeyName& name) {
    if (name.rule->words.empty()) return false;
    std::string text;
    append_leaf_text(leaf, text);
    text = lowered(text);
    for (const auto& [word, value] : name.rule->words) {
        if (lowered(word) != text) continue;
        bool is_number = !std::holds_alternative<std::string>(value) && name.rule->kind;
        if (is_number)
            add_number(leaf, name, value);
        else
            add_state(leaf, name, value);
        return true;
    }
    return false;
}

void RecordReader::read_text(const JsonLeaf& leaf, const KeyName& name) {
    double number = 0;
    Value value;
    std::string_view unit;
    bool is_state =
        name.rule && (name.rule->use == KeyUse::State || name.rule->use == KeyUse::Alarm);
    // "+4670112233" is a telephone number.
    constexpr std::size_t kPhoneMin = 9;
    if (leaf.text.size() >= kPhoneMin && leaf.text.front() == '+' &&
        leaf.text.find('.') == std::string_view::npos)
        return add_fact(metric_of(name), leaf.text);
    if (!message_.is_bare && is_identity_number(leaf.text))
        return add_fact(metric_of(name), leaf.text);
    if (!is_state && as_number(leaf.text, number) && !is_text_series(metric_of(name), false))
        return add_number(leaf, name, number_value(leaf, number));
    std::string word;
    if (!is_state && number_with_word(leaf.text, value, word)) {
        // A unit that nobody knows is told as it is.
        return add_quantity(leaf, name, std::move(value), {word, UnitSource::Stated});
    }
    // "15_min" is a choice of a list, not a measurement.
    bool is_name = leaf.text.find('_') != std::string_view::npos;
    if (!is_state && !is_name && quantity_from_text(leaf.text, value, unit))
        return add_quantity(leaf, name, std::move(value), {unit, UnitSource::Stated});
    // The end of a state: "" after "E5".
    if (leaf.text.empty() && !message_.is_bare && is_text_series(metric_of(name), false))
        return add_state(leaf, name, std::string());
    if (is_no_number(leaf.text)) return tell_left_out("not a finite number", leaf);
    bool is_new_form = !state_of_text(leaf.text, value);
    // A series of texts takes the next one in any form, lest the one before stands for ever.
    if (is_new_form && is_text_series(metric_of(name), false))
        return add_state(leaf, name, plain_text(leaf.text, kStateBytesMax));
    if (is_new_form) {
        if (is_identifier(leaf.text))
            add_fact(metric_of(name), leaf.text);
        else if (unread_text_.empty() && !leaf.text.empty())
            unread_text_ = leaf.path;
        return;
    }
    if (std::holds_alternative<std::string>(value)) is_text_series(metric_of(name), true);
    add_state(leaf, name, std::move(value));
}

// Whether the series has taken a text before: then digits are a text of it, too.
bool RecordReader::is_text_topic(std::string_view topic) const {
    auto slash = topic.rfind('/');
    if (slash == std::string_view::npos || slash == 0 || texts_.size() == 0) return false;
    std::string series(topic.substr(0, slash));
    series += '\0';
    series += metric_name(topic.substr(slash + 1));
    return texts_.find(series) != nullptr;
}

bool RecordReader::is_text_series(std::string_view metric, bool is_text) {
    key_buffer_ = context_->source.id;
    key_buffer_ += '\0';
    key_buffer_ += metric;
    if (!is_text) return texts_.size() > 0 && texts_.find(key_buffer_) != nullptr;
    texts_.touch(key_buffer_) = true;
    return true;
}

void RecordReader::add_number(const JsonLeaf& leaf, const KeyName& name, Value number) {
    Quantity quantity = quantity_of(leaf, name);
    bool is_moved = name.rule && (is_scaled(*name.rule) || name.rule->offset != 0);
    // A stated unit is that of the number as it was sent.
    if (is_moved && quantity.source <= UnitSource::Mapped)
        number =
            rounded(as_double(number) * name.rule->scale / name.rule->divisor + name.rule->offset);
    if (!std::isfinite(as_double(number))) return tell_left_out("not a finite number", leaf);
    if (quantity.source == UnitSource::Assumed && !name.is_unit_told)
        quantity.unit = fitting_unit(quantity.unit, as_double(number));
    add_quantity(leaf, name, std::move(number), quantity);
}

// The order of trust: operator, stated, declared, mapped, assumed.
RecordReader::Quantity RecordReader::quantity_of(const JsonLeaf& leaf, const KeyName& name) {
    if (name.unit_source == UnitSource::Operator) return {name.unit, UnitSource::Operator};
    if (const MetricOverride* said = override_of(name); said && said->unit)
        return {*said->unit, UnitSource::Operator};
    for (std::size_t i = 0; name.rule && i < name.rule->unit_paths.size(); i++) {
        const JsonLeaf* said = look_up(name.rule->unit_paths[i]);
        unit_buffer_ = said && said->type == LeafType::Text ? stated_unit(said->text) : "";
        if (!unit_buffer_.empty()) return {unit_buffer_, UnitSource::Stated};
    }
    bool has_scale = name.rule && is_scaled(*name.rule);
    StatedUnits::Answer stated = StatedUnits::Answer::None;
    if (!stated_.is_empty() && !has_scale) stated = stated_.find(leaf.path, name, unit_buffer_);
    if (stated == StatedUnits::Answer::Stated) return {unit_buffer_, UnitSource::Stated};
    if (message_.declared && !has_scale) {
        auto declared = message_.declared->find(message_.is_bare ? std::string_view() : leaf.path);
        if (declared != message_.declared->end() && !declared->second.unit.empty())
            return {declared->second.unit, UnitSource::Declared};
    }
    if (stated == StatedUnits::Answer::Withheld) return {"", UnitSource::Stated};
    // The name that a map gives to a bare value hints at its unit like any other name.
    bool is_named = message_.is_bare && name.rule && !name.rule->metric.is_empty();
    if (!is_named || !name.unit.empty() || name.unit_source != UnitSource::Assumed)
        return {name.unit, name.unit_source};
    std::string metric = metric_of(name);
    auto last = std::string_view(metric).substr(metric.find_last_of("/.") + 1);
    return {metric_words_of_key(last).unit, UnitSource::Assumed};
}

// The operator's word on a metric that a map named: by all of its name, or by the last part.
const MetricOverride* RecordReader::override_of(const KeyName& name) {
    if (options_.overrides.empty() || !name.rule) return nullptr;
    std::string metric = metric_of(name);
    auto found = options_.overrides.find(metric);
    if (found == options_.overrides.end())
        found =
            options_.overrides.find(std::string_view(metric).substr(metric.find_last_of("/.") + 1));
    return found == options_.overrides.end() ? nullptr : &found->second;
}

void RecordReader::add_quantity(const JsonLeaf& leaf, const KeyName& name, Value number,
                                Quantity quantity) {
    SeriesKind kind = name.kind;
    bool is_kind_given = name.rule && name.rule->kind;
    const MetricOverride* said = override_of(name);
    if (said && said->kind) {
        kind = *said->kind;
    } else if (message_.declared && !is_kind_given) {
        auto declared = message_.declared->find(message_.is_bare ? std::string_view() : leaf.path);
        if (declared != message_.declared->end()) kind = declared->second.kind.value_or(kind);
    }
    Sample* sample = add_sample(leaf, name);
    if (!sample) return;
    sample->unit = quantity.unit;
    sample->unit_source = quantity.source;
    sample->kind = kind;
    sample->value = std::move(number);
}

void RecordReader::add_state(const JsonLeaf& leaf, const KeyName& name, Value value) {
    Sample* sample = add_sample(leaf, name);
    if (!sample) return;
    sample->kind = SeriesKind::State;
    sample->unit_source = name.rule ? UnitSource::Mapped : UnitSource::Assumed;
    sample->value = std::move(value);
}

// Null: its metric could not be named, or only by a text that is too long for one.
Sample* RecordReader::add_sample(const JsonLeaf& leaf, const KeyName& name) {
    Sample& sample = out_->samples.emplace_back();
    if (!fill_metric(name, sample.metric)) {
        out_->samples.pop_back();
        return nullptr;
    }
    values_++;
    sample.source = context_->source;
    sample.time = times_.empty() ? context_->time : time_of(leaf);
    if (column_time_) sample.time = *column_time_;
    return &sample;
}

std::string RecordReader::metric_of(const KeyName& name) {
    std::string metric;
    fill_metric(name, metric);
    return metric;
}

// False: it could not be named, or only by a text that is too long for a metric, and `metric` is
// empty.
bool RecordReader::fill_metric(const KeyName& name, std::string& metric) {
    metric = context_->metric_prefix;
    const TextTemplate* given = name.rule ? &name.rule->metric : nullptr;
    if (!given || given->is_empty() || (given->is_of_path() && !given->is_plain())) {
        metric += name.metric;
        return is_short_metric(metric);
    }
    std::size_t before = metric.size();
    key_ = &name;
    if (!given->fill(*this, metric)) {
        metric.clear();
        return false;
    }
    if (!given->is_plain()) {
        auto filled = std::string_view(metric).substr(before);
        if (!is_metric_name(filled)) metric.replace(before, metric.size(), metric_name(filled));
        close_gaps(metric);
    }
    return is_short_metric(metric);
}

// Without a name, or with one that is too long, the value is left out.
bool RecordReader::is_short_metric(std::string& metric) {
    if (metric.size() > kMetricBytesMax) {
        left_out_++;
        metric.clear();
    }
    return !metric.empty();
}

// One value was lost and the message was not: the reason names the key.
void RecordReader::tell_left_out(std::string_view reason, const JsonLeaf& leaf) {
    if (!out_->problem.empty()) return;
    out_->problem = fmt::format("{}: '{}'", reason, plain_text(leaf.path, 64));
}

void RecordReader::add_fact(std::string_view name, std::string_view text) {
    if (name.empty() || text.empty() || text.size() > kTextBytesMax) return;
    bool is_last = !out_->notes.empty() && out_->notes.back().source == context_->source;
    if (!is_last) out_->notes.push_back({context_->source, {}, {}});
    auto& facts = out_->notes.back().facts;
    std::string fact = plain_text(text);
    while (fact.ends_with(' ')) fact.pop_back();
    if (!fact.empty() && facts.size() < kValuesMax) facts.emplace_back(name, std::move(fact));
}

// "emergency/car1" with the text "SOS", or {"type":"crash"}.
bool RecordReader::is_call_for_help(const JsonLeaf& leaf, const KeyName& name) const {
    if (!message_.topic->is_of_emergencies || form_ || leaf.type != LeafType::Text) return false;
    constexpr std::string_view kKeys[] = {"type", "event", "kind", "reason", "value", "status"};
    return message_.is_bare ||
           std::find(std::begin(kKeys), std::end(kKeys), name.last) != std::end(kKeys);
}

// What the value says by its path, its text, the topic and the map, in this order.
Alarm RecordReader::alarm_of(const JsonLeaf& leaf, const KeyName& name) {
    if (Alarm alarm = alarm_of_member(leaf.path, leaf)) return alarm;
    if (leaf.type == LeafType::Text && is_certain_emergency(leaf.text))
        return {"emergency", Severity::Critical};
    // "node/binary_sensor/smoke/state": the topic has the name.
    for (std::size_t i = 0; message_.is_bare && message_.captures && i < message_.captures->size();
         i++) {
        if (Alarm alarm = alarm_of_member((*message_.captures)[i].second, leaf)) return alarm;
    }
    if (is_call_for_help(leaf, name)) {
        Alarm alarm = alarm_of_text(leaf.text);
        if (alarm.severity == Severity::Critical) return alarm;
    }
    bool is_ruled = name.rule && name.rule->use == KeyUse::Alarm;
    if (!is_ruled) return {};
    // A map names an alarm that the payload gives a number: "key 236 = sos alarm".
    std::string metric = metric_of(name);
    auto last = std::string_view(metric).substr(metric.find_last_of("/.") + 1);
    if (Alarm alarm = alarm_of_member(last, leaf)) return alarm;
    double number = 0;
    if (leaf.type == LeafType::Text)
        return as_number(leaf.text, number) ? Alarm{} : alarm_of_text(leaf.text);
    // A map calls it an alarm: that it is there is enough.
    return is_one(leaf) ? Alarm{"alarm", Severity::Warning} : Alarm{};
}

void RecordReader::judge_alarm(const JsonLeaf& leaf, const KeyName& name) {
    Alarm alarm = alarm_of(leaf, name);
    // None now, and none that could end.
    if (!alarm && told_.size() == 0) return;
    std::string metric = metric_of(name);
    std::string text;
    if (alarm) append_leaf_text(leaf, text);
    if (!is_new(metric, text) || !alarm) return;
    Event event;
    event.source = context_->source;
    event.time = times_.empty() ? context_->time : time_of(leaf);
    event.kind = alarm.event;
    event.severity = alarm.severity;
    event.text = fmt::format("{}: {}", metric, plain_text(text));
    out_->events.push_back(std::move(event));
}

// Whether `text` is other than the last one told of `what`, so that a standing alarm is told once.
bool RecordReader::is_new(std::string_view what, std::string_view text) {
    key_buffer_ = context_->source.id;
    key_buffer_ += '\0';
    key_buffer_ += what;
    const std::string* last = told_.find(key_buffer_);
    if (last ? *last == text : text.empty()) return false;
    told_.touch(key_buffer_) = text.substr(0, kTextBytesMax);
    return true;
}

// Records that nothing identifies are kept raw, but an alarm among them is told.
void RecordReader::judge_lost_alarms() {
    for (std::size_t i = record_->first; i < record_->end; i++) {
        const JsonLeaf& leaf = (*message_.leaves)[i];
        bool is_own = &records_.all()[records_.record_of(i)] == record_;
        if (is_own && alarm_key(leaf.path)) judge_alarm(leaf, *named_->names[i]);
    }
}

void RecordReader::judge_events() {
    for (const EventRule& rule : form_->events) {
        auto leaves =
            std::span(*message_.leaves).subspan(record_->first, record_->end - record_->first);
        const JsonLeaf* cause = holds(rule.condition, leaves, record_->prefix);
        bool does_hold = cause && all_hold(rule.conditions, *this);
        // Without a value to wait for, each new value is an event of its own; a message of another
        // form, which does not have the key, ends nothing.
        bool is_any = !rule.condition.value;
        if (!does_hold && is_any) continue;
        std::string value;
        if (does_hold) append_leaf_text(*cause, value);
        // One source may tell of several things of one kind on topics of their own.
        event_buffer_ = "event/";
        for (std::string_view part :
             {std::string_view(rule.kind), std::string_view("/"),
              std::string_view(rule.condition.path.text()), std::string_view("=")})
            event_buffer_ += part;
        if (rule.condition.value) event_buffer_ += *rule.condition.value;
        event_buffer_ += '/';
        event_buffer_ += message_.incoming->topic;
        if (!is_new(event_buffer_, value) || !does_hold) continue;
        Event event;
        event.source = context_->source;
        event.time = context_->time;
        event.kind = rule.kind;
        event.severity = rule.severity;
        if (!rule.text.fill(*this, event.text)) event.text = rule.kind;
        event.text = plain_text(event.text);
        out_->events.push_back(std::move(event));
    }
}

}  // namespace martlet::telemetry
