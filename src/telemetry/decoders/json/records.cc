#include "telemetry/decoders/json/records.h"

#include "base/ascii.h"
#include "telemetry/decoders/json/name_table.h"
#include "telemetry/decoders/plain_text.h"
#include "telemetry/mapping/map_set.h"
#include "telemetry/payload_time.h"

#include <algorithm>
#include <set>

namespace martlet::telemetry {

namespace {

constexpr std::size_t kNameBytesMax = 64;

// Keys that tell one record from another, the best first. The first group names devices.
constexpr std::string_view kDeviceKeys[] = {
    "mmsi",      "icao",       "icao24", "hex",         "imei",          "dev_eui",
    "deveui",    "device_eui", "mac",    "mac_address", "address",       "addr",
    "device_id", "deviceid",   "serial", "sn",          "serial_number", "ident",
    "node_id",   "nodeid",     "device", "eui",         "vehicle_id",    "vin"};
constexpr std::string_view kPartKeys[] = {
    "id",      "name",    "n",      "label", "key",      "sensor",    "sensor_id", "sensorid",
    "channel", "ch",      "metric", "path",  "type",     "index",     "phase",     "port",
    "slot",    "uuid",    "tag",    "code",  "variable", "parameter", "signal",    "zone",
    "room",    "address", "number", "nr",    "no"};

bool is_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A key of the element itself, not of an object in it.
const JsonLeaf* member(const std::vector<JsonLeaf>& leaves, const Record& record,
                       std::string_view key) {
    for (std::size_t i = record.first; i < record.end; i++) {
        auto own = leaves[i].path.substr(record.prefix.size());
        if (own.size() == key.size() && lowered(own) == key) return &leaves[i];
    }
    return nullptr;
}

bool has_position(const std::vector<JsonLeaf>& leaves, const Record& record) {
    auto has = [&](std::string_view a, std::string_view b) {
        return member(leaves, record, a) || member(leaves, record, b);
    };
    return has("lat", "latitude") && (has("lon", "lng") || has("long", "longitude"));
}

// "0.1" of [[1767225580,21.5]]: its place in two lists says nothing.
bool is_list_of_lists(const JsonLeaf& leaf) {
    return (leaf.array_levels & (leaf.array_levels >> 1)) != 0;
}

// Null: the element has no time of its own.
const JsonLeaf* time_in(const std::vector<JsonLeaf>& leaves, const Record& record) {
    for (std::size_t i = record.first; i < record.end; i++) {
        auto own = leaves[i].path.substr(record.prefix.size());
        bool is_own = own.find('.') == std::string_view::npos;
        if (is_own && (is_time_key(own) || own == "t")) return &leaves[i];
    }
    return nullptr;
}

}  // namespace

void Records::split(const std::vector<JsonLeaf>& leaves, const MapForm* form) {
    all_.clear();
    owners_.clear();
    unidentified_.clear();
    is_batch_ = false;
    nobody_ = 0;
    Record whole;
    whole.end = leaves.size();
    all_.push_back(whole);
    if (form && !form->records.empty()) return split_by(*form, leaves);
    bool has_arrays = std::any_of(leaves.begin(), leaves.end(),
                                  [](const JsonLeaf& leaf) { return leaf.array_levels != 0; });
    if (has_arrays) split_arrays(leaves, form);
}

// By the paths that a map gives. The longest path wins; all else is the payload's.
void Records::split_by(const MapForm& form, const std::vector<JsonLeaf>& leaves) {
    owners_.assign(leaves.size(), 0);
    for (std::size_t i = 0; i < leaves.size(); i++) {
        auto path = leaves[i].path;
        std::size_t best = 0;
        const PathPattern* found = nullptr;
        for (const PathPattern& pattern : form.records) {
            std::size_t size = pattern.match_front(path);
            if (size == PathPattern::kNone || size <= best) continue;
            best = size;
            found = &pattern;
        }
        if (best == 0) continue;
        auto prefix = path.substr(0, std::min(best + 1, path.size()));
        Record& last = all_.back();
        bool is_same = all_.size() > 1 && last.prefix == prefix && last.end == i;
        if (!is_same) {
            if (all_.size() == kRecordsMax) continue;
            Record record;
            record.first = i;
            record.prefix = prefix;
            record.named = RecordName::Mapped;
            found->matches(path.substr(0, best), record.stars);
            all_.push_back(record);
        }
        all_.back().end = i + 1;
        owners_[i] = static_cast<std::uint32_t>(all_.size() - 1);
    }
    is_batch_ = all_.size() > 2;
}

void Records::split_arrays(const std::vector<JsonLeaf>& leaves, const MapForm* form) {
    // A map that names a value by its place in a list means the value, not a record.
    auto is_named = [&](const JsonLeaf& leaf) {
        return form && leaf.array_levels != 0 &&
               std::any_of(form->keys.begin(), form->keys.end(),
                           [&](const KeyRule& rule) { return rule.path.matches(leaf.path); });
    };
    owners_.assign(leaves.size(), 0);
    open_.assign(1, 0);
    for (std::size_t i = 0; i < leaves.size(); i++) {
        while (open_.size() > 1 && !leaves[i].path.starts_with(all_[open_.back()].prefix))
            open_.pop_back();
        if (is_named(leaves[i])) continue;
        if (is_list_of_lists(leaves[i])) {
            owners_[i] = static_cast<std::uint32_t>(nobodys(leaves[i], i));
            continue;
        }
        if (leaves[i].array_levels != 0) open_arrays(leaves, i);
        owners_[i] = static_cast<std::uint32_t>(open_.back());
        for (std::size_t record : open_) all_[record].end = i + 1;
    }
    all_.front().end = leaves.size();
    if (all_.size() > 1) name_records(leaves);
}

// The record of all that nothing identifies.
std::size_t Records::nobodys(const JsonLeaf& leaf, std::size_t place) {
    if (nobody_ == 0) {
        Record record;
        record.first = place;
        record.named = RecordName::Unknown;
        nobody_ = all_.size();
        all_.push_back(record);
        auto list = leaf.path.substr(0, leaf.path.find_first_of("0123456789"));
        while (list.ends_with('.')) list.remove_suffix(1);
        unidentified_ = list.empty() ? std::string("the payload") : plain_text(list, 64);
    }
    all_[nobody_].end = place + 1;
    return nobody_;
}

// Begins a record for each array element on the path of this leaf that is an object.
void Records::open_arrays(const std::vector<JsonLeaf>& leaves, std::size_t leaf) {
    std::string_view path = leaves[leaf].path;
    std::uint64_t arrays = leaves[leaf].array_levels;
    std::size_t begin = 0;  // of the level
    for (std::size_t level = 0; level < 63 && begin < path.size(); level++) {
        auto end = std::min(path.find('.', begin), path.size());
        bool is_element = (arrays >> level & 1) != 0 && is_digits(path.substr(begin, end - begin));
        // An element that is a value, or an array itself, stays a value by its place.
        bool is_object = end < path.size() && (arrays >> (level + 1) & 1) == 0;
        bool is_new = end + 1 > all_[open_.back()].prefix.size();
        // Those who heard the message are told together, whatever their number.
        if (is_reception_key(path.substr(begin, end - begin))) return;
        if (is_element && is_object && is_new && all_.size() < kRecordsMax) {
            Record record;
            record.parent = open_.back();
            record.first = leaf;
            record.end = leaf + 1;
            record.prefix = path.substr(0, end + 1);
            record.array_path = path.substr(0, begin > 0 ? begin - 1 : 0);
            record.named = RecordName::Unknown;
            open_.push_back(all_.size());
            all_.push_back(record);
        }
        begin = end + 1;
    }
}

void Records::name_records(const std::vector<JsonLeaf>& leaves) {
    std::vector<bool> is_done(all_.size(), false);
    std::vector<std::size_t> elements;
    for (std::size_t i = 1; i < all_.size(); i++) {
        if (is_done[i] || i == nobody_) continue;
        elements.clear();
        for (std::size_t j = i; j < all_.size(); j++) {
            if (j == nobody_ || all_[j].parent != all_[i].parent ||
                all_[j].array_path != all_[i].array_path)
                continue;
            elements.push_back(j);
            is_done[j] = true;
        }
        name_array(leaves, elements);
    }
}

void Records::name_array(const std::vector<JsonLeaf>& leaves,
                         const std::vector<std::size_t>& elements) {
    std::vector<std::string> names(elements.size());
    // The key is in each record, is a text or a whole number, and differs from record to record.
    auto is_key = [&](std::string_view key) {
        std::set<std::string> seen;
        for (std::size_t i = 0; i < elements.size(); i++) {
            const JsonLeaf* leaf = member(leaves, all_[elements[i]], key);
            if (!leaf) return false;
            bool is_name = leaf->type == LeafType::Text || leaf->type == LeafType::Integer;
            names[i].clear();
            append_leaf_text(*leaf, names[i]);
            if (!is_name || names[i].empty() || names[i].size() > kNameBytesMax) return false;
            if (!seen.insert(names[i]).second) return false;
        }
        return true;
    };
    auto give = [&](RecordName named) {
        for (std::size_t i = 0; i < elements.size(); i++) {
            all_[elements[i]].named = named;
            all_[elements[i]].name = names[i];
        }
    };
    bool is_placed = std::any_of(elements.begin(), elements.end(), [&](std::size_t element) {
        return has_position(leaves, all_[element]);
    });
    if (std::any_of(std::begin(kDeviceKeys), std::end(kDeviceKeys), is_key))
        return give(RecordName::Source);
    if (std::any_of(std::begin(kPartKeys), std::end(kPartKeys), is_key))
        return give(is_placed ? RecordName::Source : RecordName::Metric);
    std::fill(names.begin(), names.end(), std::string());
    // Two elements of one time are no series over time.
    std::set<std::string> times;
    bool has_times = std::all_of(elements.begin(), elements.end(), [&](std::size_t element) {
        const JsonLeaf* time = time_in(leaves, all_[element]);
        std::string text;
        if (time) append_leaf_text(*time, text);
        return time && times.insert(text).second;
    });
    if (has_times) {
        is_batch_ = true;
        return give(RecordName::ByTime);
    }
    if (elements.size() == 1) return give(RecordName::Whole);
    if (unidentified_.empty())
        unidentified_ = all_[elements.front()].array_path.empty()
                            ? std::string("the payload")
                            : plain_text(all_[elements.front()].array_path, 64);
}

}  // namespace martlet::telemetry
