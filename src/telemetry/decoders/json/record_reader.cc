#include "telemetry/decoders/json/record_reader.h"

#include "base/ascii.h"
#include "base/text.h"
#include "telemetry/decoders/json/metric_words.h"
#include "telemetry/decoders/plain_text.h"
#include "telemetry/emergency.h"

#include <algorithm>

namespace martlet::telemetry {

namespace {

// Steps of looking values up in one message: templates of a long list must not cost its square.
constexpr std::size_t kLookUpsMax = 200'000;
constexpr std::size_t kDeviceBytesMax = 64;
constexpr std::size_t kCarriedMax = 16;
constexpr std::size_t kSourceBytesMax = 512;

// Letters and digits in small letters: "AA:BB" and "aabb" are one device.
std::string folded(std::string_view text) {
    std::string result;
    for (char c : text) {
        char small = lower(c);
        bool is_kept = (small >= 'a' && small <= 'z') || (small >= '0' && small <= '9');
        if (is_kept) result += small;
    }
    return result;
}

// As a part of a metric's name or of a source's id.
std::string part_of_name(std::string_view text) {
    return metric_name(plain_text(text, kDeviceBytesMax));
}

}  // namespace

void RecordReader::read(const Message& message, Decoded& out) {
    begin(message, out);
    if (form_ && form_->is_metadata) return;
    name_leaves();
    // With records named by a map the payload around them is looked up in, not measured.
    std::size_t first = form_ && !form_->records.empty() ? 1 : 0;
    for (std::size_t i = first; i < records_.all().size(); i++) read_record(i);
    bool has_found = !out.samples.empty() || !out.positions.empty() || !out.events.empty();
    if (has_found || !out.notes.empty()) out.verdict = Verdict::Read;
    if (records_.is_batch() || !columns_.empty()) {
        auto is_earlier = [](const auto& a, const auto& b) { return a.time < b.time; };
        std::stable_sort(out.samples.begin(), out.samples.end(), is_earlier);
        std::stable_sort(out.positions.begin(), out.positions.end(), is_earlier);
        std::stable_sort(out.events.begin(), out.events.end(), is_earlier);
    }
    if (!records_.unidentified().empty()) {
        if (!has_found) out.verdict = Verdict::Unreadable;
        if (out.problem.empty())
            out.problem = fmt::format("records without a key that identifies them in '{}'",
                                      records_.unidentified());
    }
    bool is_lost = !has_found && out.notes.empty() && !unread_text_.empty();
    bool is_partly_lost = !unread_text_.empty();
    if ((is_lost || is_partly_lost) && out.problem.empty())
        out.problem = fmt::format("text that is no state: '{}'", plain_text(unread_text_, 64));
    if (!has_found && !out.problem.empty()) out.verdict = Verdict::Unreadable;
}

void RecordReader::Context::clear() {
    source.kind.clear();
    source.id.clear();
    metric_prefix.clear();
    time = 0;
    is_readable = false;
}

void RecordReader::begin(const Message& message, Decoded& out) {
    message_ = message;
    out_ = &out;
    form_ = message.form;
    look_ups_ = 0;
    carried_.clear();
    unread_text_.clear();
    columns_.clear();
    if (form_) out.map = message.map->name;
    records_.split(*message.leaves, form_);
    contexts_.resize(records_.all().size());
    for (Context& context : contexts_) context.clear();
    out.sender.kind = "topic";
    out.sender.id = message.incoming->topic;
    contexts_[0].source = out.sender;
    contexts_[0].time = message.incoming->received;
}

// What each leaf is for, and the units that the payload states.
void RecordReader::name_leaves() {
    named_ = &names_of_leaves();
    stated_.clear();
    if (!named_->has_units) return;
    const auto& leaves = *message_.leaves;
    for (std::size_t i = 0; i < leaves.size(); i++) {
        const KeyName& name = *named_->names[i];
        bool is_unit = name.role == KeyRole::Unit || name.role == KeyRole::UnitOf ||
                       name.role == KeyRole::PerhapsUnit;
        if (is_unit) stated_.add(leaves[i], name);
    }
    if (stated_.is_empty()) return;
    double number = 0;
    for (std::size_t i = 0; i < leaves.size(); i++) {
        const KeyName& name = *named_->names[i];
        bool is_value = name.role == KeyRole::Measured && !name.is_identity;
        if (is_value && as_number(leaves[i], number)) stated_.count_value(leaves[i], name);
    }
}

const LeafNames& RecordReader::names_of_leaves() {
    // Where the keys do not tell the records, they do not tell the names in them either.
    bool is_by_keys = records_.all().size() == 1 || (form_ && !form_->records.empty());
    bool is_known = message_.shape && is_by_keys;
    KnownNames* known = is_known ? &message_.shape->names_by(form_) : nullptr;
    if (known && known->table) {
        known->table->begin_message();
        if (known->age == known->table->age()) return known->leaves;
    }
    auto& table = tables_[form_];
    if (!table) table = std::make_unique<NameTable>(form_, options_.overrides);
    table->begin_message();
    LeafNames& found = known ? known->leaves : passing_names_;
    find_names(*table, found);
    if (known) known->table = table.get();
    if (known) known->age = table->age();
    return found;
}

void RecordReader::find_names(NameTable& table, LeafNames& found) const {
    const auto& leaves = *message_.leaves;
    found.clear();
    for (std::size_t i = 0; i < leaves.size(); i++) {
        const JsonLeaf& leaf = leaves[i];
        std::size_t prefix = records_.all()[records_.record_of(i)].prefix.size();
        prefix = std::min(prefix, leaf.path.size());
        std::size_t key = leaf.key_begin > prefix ? leaf.key_begin - prefix : 0;
        found.add(table.find(leaf.path.substr(prefix), key));
    }
}

void RecordReader::read_record(std::size_t index) {
    record_ = &records_.all()[index];
    context_ = &contexts_[index];
    key_ = nullptr;
    values_ = 0;
    left_out_ = 0;
    places_ = 0;
    longitudes_ = 0;
    if (has_reception_) reception_ = {};
    has_reception_ = false;
    context_->is_readable = begin_record(index);
    if (form_) carry(*record_);
    if (!context_->is_readable) return;
    if (form_) {
        note_facts();
        read_mapped_places();
    }
    for (std::size_t i = record_->first; i < record_->end; i++)
        if (records_.record_of(i) == index) read_leaf(i);
    if (form_) judge_events();
    if (has_reception_) finish_reception();
    if (left_out_ > 0) add_fact("values_left_out", std::to_string(left_out_));
}

// False: nobody knows of whom the record is.
bool RecordReader::begin_record(std::size_t index) {
    const Context& parent = contexts_[record_->parent];
    if (index > 0 && !form_ && !parent.is_readable) return false;
    if (record_->named == RecordName::Unknown) {
        context_->source = parent.source;
        context_->time = parent.time;
        judge_lost_alarms();
        return false;
    }
    if (index > 0) {
        context_->source = parent.source;
        context_->time = parent.time;
    }
    // A template of the source may name a carried value of this record.
    if (form_) {
        carry(*record_);
        if (!map_source(*context_)) return false;
    } else {
        name_source(index, *context_);
    }
    name_metrics(index, *context_);
    is_of_alarms_ = !record_->array_path.empty() && alarm_key(record_->array_path);
    has_time_ = false;
    find_times(index);
    // Only its time tells it from its siblings; a forecast for years ahead is not of now.
    if (record_->named == RecordName::ByTime && !has_time_) {
        if (out_->problem.empty()) out_->problem = "record without a sane time";
        return false;
    }
    return true;
}

void RecordReader::name_source(std::size_t index, Context& context) {
    if (index == 0) {
        if (message_.is_bare) {
            std::string_view topic = message_.incoming->topic;
            auto slash = topic.rfind('/');
            if (slash != std::string_view::npos && slash != 0) context.source.id.resize(slash);
        }
        if (named_->has_devices) find_device(context.source);
        out_->sender.id = context.source.id;
    } else if (record_->named == RecordName::Source) {
        context.source.id += '/' + part_of_name(record_->name);
    }
}

void RecordReader::name_metrics(std::size_t index, Context& context) {
    if (form_ && (!form_->records.empty() || index == 0)) {
        if (!form_->under.is_empty() && form_->under.fill(*this, context.metric_prefix))
            context.metric_prefix = metric_name(context.metric_prefix) + '/';
        if (context.metric_prefix.empty()) return;
        close_gaps(context.metric_prefix);
        if (!context.metric_prefix.empty()) context.metric_prefix += '/';
        return bound_prefix(context);
    }
    if (index == 0 || record_->named == RecordName::Source) return;
    const Record& parent = records_.all()[record_->parent];
    context.metric_prefix = contexts_[record_->parent].metric_prefix;
    auto array = record_->array_path;
    array.remove_prefix(std::min(parent.prefix.size(), array.size()));
    if (!array.empty()) context.metric_prefix += metric_name(array) + '.';
    if (record_->named == RecordName::Metric)
        context.metric_prefix += part_of_name(record_->name) + '.';
    bound_prefix(context);
}

// Longer than a metric may be: no metric of the record has a name, and no copy of it is dear.
void RecordReader::bound_prefix(Context& context) {
    if (context.metric_prefix.size() > kMetricBytesMax)
        context.metric_prefix.resize(kMetricBytesMax + 1);
}

void RecordReader::close_gaps(std::string& metric) {
    for (auto gap = metric.find("//"); gap != std::string::npos; gap = metric.find("//"))
        metric.erase(gap, 1);
    while (metric.ends_with('/')) metric.pop_back();
    if (metric.starts_with('/')) metric.erase(0, 1);
}

bool RecordReader::map_source(Context& context) {
    context.source.kind = form_->source_kind;
    if (!form_->source_id.is_empty()) {
        std::string& id = context.source.id;
        std::string missing;
        id.clear();
        if (!form_->source_id.fill(*this, id, &missing) || id.empty()) {
            out_->problem =
                fmt::format("no source: '{}' is missing", plain_text(missing, kDeviceBytesMax));
            return false;
        }
        if (id.size() > kSourceBytesMax || !is_printable(id)) id = plain_text(id, kSourceBytesMax);
    }
    // The first record's source stands for the message.
    if (record_ == &records_.all()[form_->records.empty() ? 0 : 1]) out_->sender = context.source;
    return !context.source.id.empty();
}

// A key that names a device on some topics and a message on others.
bool RecordReader::is_doubtful(std::string_view key) {
    return key.size() <= 4 && (lowered(key) == "id" || lowered(key) == "name");
}

// Not a number that grows, not a UUID, and not one of very many.
bool RecordReader::is_device_name(std::string_view text, std::string_view device,
                                  TopicMemory& topic) {
    constexpr std::size_t kNamesMax = 256;
    bool is_number = device.find_first_not_of("0123456789") == std::string_view::npos;
    bool is_uuid = text.size() == 36 && std::count(text.begin(), text.end(), '-') == 4;
    if (is_number || is_uuid || topic.named_devices.size() > kNamesMax) return false;
    std::size_t hash = hash_text(device);
    auto& known = topic.named_devices;
    if (std::find(known.begin(), known.end(), hash) == known.end()) known.push_back(hash);
    return known.size() <= kNamesMax;
}

// A topic on which several devices speak: each is a source of its own. A key that always names a
// device (an MMSI, an IMEI) tells it at once, others when a second device has been heard.
void RecordReader::find_device(SourceId& source) {
    const JsonLeaf* best = nullptr;
    std::uint8_t rank = 0;
    const auto& leaves = *message_.leaves;
    for (std::size_t i = 0; i < leaves.size(); i++) {
        if (named_->names[i]->device_rank <= rank || records_.record_of(i) != 0) continue;
        // Of the message itself, not of something in it.
        if (leaves[i].key_begin != 0) continue;
        rank = named_->names[i]->device_rank;
        best = &leaves[i];
    }
    if (!best) return;
    std::string text;
    append_leaf_text(*best, text);
    std::string device = folded(text);
    bool is_broken = text.find("\xef\xbf\xbd") != std::string::npos;
    if (device.empty() || device.size() > kDeviceBytesMax || is_broken) return;
    if (folded(source.id).find(device) != std::string::npos) return;
    TopicMemory& topic = *message_.topic;
    if (is_doubtful(best->key()) && !is_device_name(text, device, topic)) return;
    if (topic.first_device.empty()) topic.first_device = device;
    topic.is_shared = topic.is_shared || topic.first_device != device;
    if (rank == kStrongDevice || topic.is_shared) source.id += '/' + part_of_name(text);
}

void RecordReader::note_facts() {
    if (form_->name.is_empty() && form_->group.is_empty() && form_->facts.empty()) return;
    std::string text;
    SourceNote note;
    note.source = context_->source;
    if (!form_->name.is_empty() && form_->name.fill(*this, text)) note.name = plain_text(text);
    text.clear();
    if (!form_->group.is_empty() && form_->group.fill(*this, text))
        note.facts.emplace_back("group", plain_text(text));
    for (const auto& [name, fact] : form_->facts) {
        text.clear();
        if (fact.fill(*this, text)) note.facts.emplace_back(name, plain_text(text));
    }
    if (!note.name.empty() || !note.facts.empty()) out_->notes.push_back(std::move(note));
}

void RecordReader::carry(const Record& record) {
    const auto& leaves = *message_.leaves;
    for (const std::string& path : form_->carried) {
        for (std::size_t i = record.first; i < record.end; i++) {
            if (leaves[i].path.substr(std::min(record.prefix.size(), leaves[i].path.size())) !=
                path)
                continue;
            auto known = std::find_if(carried_.begin(), carried_.end(),
                                      [&](const auto& entry) { return entry.first == path; });
            if (known != carried_.end())
                known->second = &leaves[i];
            else if (carried_.size() < kCarriedMax)
                carried_.emplace_back(path, &leaves[i]);
        }
    }
}

const JsonLeaf* RecordReader::look_up(std::string_view path) const {
    const auto& leaves = *message_.leaves;
    auto prefix = record_->prefix;
    bool is_inside = true;
    while (true) {
        std::size_t first = is_inside ? record_->first : 0;
        std::size_t end = is_inside ? record_->end : leaves.size();
        for (std::size_t i = first; i < end; i++) {
            auto whole = leaves[i].path;
            if (++look_ups_ > kLookUpsMax) return nullptr;
            if (whole.size() == prefix.size() + path.size() && whole.starts_with(prefix) &&
                whole.ends_with(path) && leaves[i].type != LeafType::Null)
                return &leaves[i];
        }
        if (prefix.empty()) break;
        is_inside = false;
        // A name may be empty, so that two dots follow each other.
        prefix.remove_suffix(1);
        prefix = prefix.substr(0, prefix.rfind('.') + 1);
    }
    auto carried = std::find_if(carried_.begin(), carried_.end(),
                                [&](const auto& entry) { return entry.first == path; });
    return carried == carried_.end() ? nullptr : carried->second;
}

bool RecordReader::append_topic(std::string_view name, std::string& text) const {
    for (const auto& [capture, level] : *message_.captures) {
        if (capture != name) continue;
        text += level;
        return !level.empty();
    }
    return false;
}

bool RecordReader::append_star(std::size_t index, std::string& text) const {
    // Before a key is at hand the stars are those of the record's path.
    if (!key_) {
        if (index >= record_->stars.count) return false;
        text += record_->stars.texts[index];
        return true;
    }
    if (index >= key_->stars.size()) return false;
    text += key_->stars[index];
    return true;
}

bool RecordReader::append_value(std::string_view path, std::string& text) const {
    const JsonLeaf* leaf = look_up(path);
    if (!leaf) return false;
    std::size_t before = text.size();
    append_leaf_text(*leaf, text);
    return text.size() > before;
}

bool RecordReader::append_values(std::string_view path, const std::vector<std::string>& left_out,
                                 std::string& text) const {
    const auto& leaves = *message_.leaves;
    std::size_t before = text.size();
    for (std::size_t i = record_->first; i < record_->end; i++) {
        auto own = leaves[i].path.substr(std::min(record_->prefix.size(), leaves[i].path.size()));
        if (!own.starts_with(path) || own.size() <= path.size() || own[path.size()] != '.')
            continue;
        auto name = own.substr(path.size() + 1);
        if (std::find(left_out.begin(), left_out.end(), name) != left_out.end()) continue;
        if (text.size() > before) text += '/';
        append_leaf_text(leaves[i], text);
    }
    return text.size() > before;
}

}  // namespace martlet::telemetry
