#include "telemetry/mapping/map_draft.h"

#include "base/ascii.h"
#include "base/text.h"
#include "telemetry/decoders/json/metric_words.h"
#include "telemetry/decoders/plain_text.h"
#include "telemetry/mapping/map_set.h"
#include "telemetry/payload_time.h"
#include "telemetry/topic_levels.h"
#include "telemetry/units.h"

#include <algorithm>
#include <set>

namespace martlet::telemetry {

namespace {

constexpr std::size_t kKeysMax = 200;

// The level that names the device: the last but one, unless it is a word that many topics share.
std::size_t device_level(const std::vector<std::string_view>& levels) {
    if (levels.size() < 3) return levels.size() - 1;
    std::size_t level = levels.size() - 2;
    for (std::string_view shared :
         {"status", "sensor", "state", "telemetry", "data", "events", "up"})
        if (lowered(levels[level]) == shared) return level - 1;
    return level;
}

std::string quoted_if_needed(const std::string& text) {
    return text.find(' ') == std::string::npos ? text : '"' + text + '"';
}

std::string pattern_of(std::string_view topic) {
    auto levels = topic_levels(topic);
    std::string pattern;
    std::size_t device = device_level(levels);
    for (std::size_t i = 0; i < levels.size(); i++) {
        if (i > 0) pattern += '/';
        pattern += i == device ? "{device}" : std::string(levels[i]);
    }
    return quoted_if_needed(pattern);
}

// Places in arrays become stars; names that a pattern would read otherwise are quoted.
std::string path_of(const JsonLeaf& leaf) {
    std::string path;
    std::size_t level = 0;
    std::string_view rest = leaf.path;
    while (true) {
        auto dot = rest.find('.');
        auto name = rest.substr(0, dot);
        bool is_place = level < 64 && (leaf.array_levels >> level & 1) != 0;
        bool is_odd = name.empty() || name.find_first_of("* \"#=") != std::string_view::npos;
        if (!path.empty()) path += '.';
        if (is_place)
            path += '*';
        else if (is_odd)
            path += '"' + std::string(name) + '"';
        else
            path += name;
        if (dot == std::string_view::npos) return path;
        rest.remove_prefix(dot + 1);
        level++;
    }
}

std::string key_line(const JsonLeaf& leaf, const std::string& path) {
    std::string_view last = leaf.path.substr(leaf.key_begin);
    auto words = metric_words(last);
    double number = 0;
    std::string line = "key " + path;
    Value quantity;
    std::string_view unit;
    bool is_quantity = leaf.type == LeafType::Text && quantity_from_text(leaf.text, quantity, unit);
    bool is_number = as_number(leaf, number);
    if (words.is_identity && leaf.type != LeafType::Boolean) {
        line += " fact";
    } else if (is_number && !words.unit.empty()) {
        bool is_known = !known_unit(words.unit).empty();
        line += is_known ? fmt::format(" {}", words.unit) : fmt::format(" \"{}\"", words.unit);
    } else if (!is_number && !is_quantity) {
        line += " state";
    }
    // Without a unit the line leaves it to what the message itself says.
    if (is_number && words.kind != SeriesKind::Gauge)
        line += fmt::format(" {}", name_of(words.kind));
    std::string value;
    append_leaf_text(leaf, value);
    if (value.find('"') != std::string::npos) value = "text";
    line.resize(std::max<std::size_t>(line.size() + 2, 40), ' ');
    return line + "# " + plain_text(value, 40);
}

// "metrics.*" for a list of objects; empty: there is none. `prefix` is of the first element.
std::string records_of(std::span<const JsonLeaf> leaves, std::string_view& prefix) {
    for (const JsonLeaf& leaf : leaves) {
        std::size_t begin = 0;
        for (std::size_t level = 0; level < 63 && begin < leaf.path.size(); level++) {
            auto end = std::min(leaf.path.find('.', begin), leaf.path.size());
            bool is_object = (leaf.array_levels >> level & 1) != 0 && end < leaf.path.size() &&
                             (leaf.array_levels >> (level + 1) & 1) == 0;
            if (is_object) {
                prefix = leaf.path.substr(0, end + 1);
                JsonLeaf element = leaf;
                element.path = leaf.path.substr(0, end);
                return path_of(element);
            }
            begin = end + 1;
        }
    }
    return {};
}

std::string identity_of(std::span<const JsonLeaf> leaves, std::string_view prefix) {
    for (std::string_view key :
         {"mmsi", "imei", "mac", "hex", "id", "name", "n", "label", "sensor", "key"})
        for (const JsonLeaf& leaf : leaves)
            if (leaf.path.starts_with(prefix) && leaf.path.substr(prefix.size()) == key)
                return fmt::format("{{.{}}}", key);
    return {};
}

void add_keys(std::span<const JsonLeaf> leaves, std::string_view prefix, std::string& text) {
    std::set<std::string> seen;
    std::string latitude;
    std::string longitude;
    bool has_time = false;
    for (JsonLeaf leaf : leaves) {
        if (leaf.type == LeafType::Null || leaf.type == LeafType::EmptyObject ||
            leaf.type == LeafType::EmptyArray || seen.size() == kKeysMax ||
            !leaf.path.starts_with(prefix))
            continue;
        // Paths are those in the record; the places before it are gone with it.
        auto levels = std::count(prefix.begin(), prefix.end(), '.');
        leaf.path.remove_prefix(prefix.size());
        leaf.array_levels >>= levels;
        leaf.key_begin -=
            static_cast<std::uint32_t>(std::min<std::size_t>(prefix.size(), leaf.key_begin));
        std::string path = leaf.path.empty() ? "." : path_of(leaf);
        if (!seen.insert(path).second) continue;
        auto last = lowered(leaf.path.substr(leaf.key_begin));
        bool is_unit = leaf.type == LeafType::Text &&
                       (last == "unit" || last == "units" || last.ends_with("unit"));
        if (is_unit) continue;
        if (is_time_key(last) && !leaf.path.empty()) {
            if (!has_time) text += fmt::format("time {}\n", leaf.path);
            has_time = true;
        } else if (last == "lat" || last == "latitude") {
            latitude = leaf.path;
        } else if (last == "lon" || last == "lng" || last == "longitude") {
            longitude = leaf.path;
        } else {
            text += key_line(leaf, path) + '\n';
        }
    }
    if (!latitude.empty() && !longitude.empty())
        text += fmt::format("position latitude={} longitude={}\n", latitude, longitude);
}

}  // namespace

std::string draft_map(std::string_view topic, std::string_view payload,
                      std::span<const JsonLeaf> leaves) {
    std::string_view prefix;
    std::string records = records_of(leaves, prefix);
    std::string id = records.empty() ? "" : identity_of(leaves, prefix);
    std::string text = fmt::format(
        "# A first draft. Correct the units, then try it: martlet map test FILE -t TOPIC < "
        "PAYLOAD\n"
        "map my_device\n"
        "title (which device this is)\n\n"
        "topic {}\n"
        "source device {}\n",
        pattern_of(topic), id.empty() ? "{device}" : id);
    if (!records.empty()) text += fmt::format("records {}\n", records);
    bool is_line_protocol =
        !records.empty() && identity_of(leaves, prefix).empty() &&
        std::any_of(leaves.begin(), leaves.end(), [&](const JsonLeaf& leaf) {
            return leaf.path.substr(std::min(prefix.size(), leaf.path.size())) == "measurement";
        });
    if (is_line_protocol) text += "under \"{.measurement}/{.tags.*|}\"\n";
    add_keys(leaves, prefix, text);
    bool has_own_lines = payload.find("\nend") != std::string_view::npos;
    if (payload.size() <= 8192 && !has_own_lines && !payload.starts_with("gives"))
        text += fmt::format("\nexample {}\n{}\ngives\nend\n", quoted_if_needed(std::string(topic)),
                            payload);
    return text;
}

}  // namespace martlet::telemetry
