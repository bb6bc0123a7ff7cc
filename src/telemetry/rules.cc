#include "telemetry/rules.h"

#include "base/text.h"
#include "mqtt/topic.h"
#include "telemetry/mapping/map_file.h"

#include <algorithm>
#include <utility>

namespace martlet::telemetry {

namespace {

constexpr std::size_t kKnownMax = 100'000;
constexpr int kNobody = -1;

std::string names_of_decoders() {
    std::string names;
    for (const DecoderKind& kind : decoder_kinds()) {
        names += kind.name;
        names += ", ";
    }
    return names + "none";
}

// The decoder that reads with maps.
constexpr std::string_view kMapReader = "json";

// Its maps, and the options of the decoder that it hands LOWIs on other topics to.
void add_map_options(const Options& options, DecoderOptions& own) {
    for (const MapText& map : options.maps) own.emplace_back("map:" + map.name, map.text);
    for (const DecoderOption& option : options.decoder_options) {
        if (option.decoder == "lowi") own.emplace_back("lowi." + option.name, option.value);
    }
}

Error no_such_decoder(std::string_view name) {
    return Error{fmt::format("Error: There is no telemetry decoder '{}'; there are: {}.", name,
                             names_of_decoders()),
                 3};
}

}  // namespace

Result<Rules> Rules::make(const Options& options, Rules* running) {
    Rules rules;
    Status status = rules.add_maps(options);
    if (status) status = rules.add_decoders(options, running);
    if (status) status = rules.add_rules(options);
    if (!status) return status.error();
    if (running != nullptr) rules.take_decoders(*running);
    return rules;
}

Status Rules::add_decoders(const Options& options, const Rules* running) {
    for (const DecoderOption& option : options.decoder_options) {
        if (find_decoder(option.decoder) == nullptr) return no_such_decoder(option.decoder);
    }
    for (const DecoderKind& kind : decoder_kinds()) {
        DecoderOptions own;
        for (const DecoderOption& option : options.decoder_options) {
            if (option.decoder == kind.name) own.emplace_back(option.name, option.value);
        }
        if (kind.name == kMapReader) add_map_options(options, own);
        const Reader* same = running == nullptr ? nullptr : running->find_reader(kind.name);
        if (same != nullptr && same->options == own) {
            readers_.push_back({kind.name, nullptr, std::move(own)});
            continue;
        }
        std::string problem;
        std::unique_ptr<Decoder> decoder = kind.make(own, problem);
        if (!decoder) {
            return Error{fmt::format("Error: Invalid 'telemetry_option' for the decoder {}: {}.",
                                     kind.name, problem),
                         3};
        }
        readers_.push_back({kind.name, std::move(decoder), std::move(own)});
    }
    return Done{};
}

void Rules::take_decoders(Rules& running) {
    for (Reader& reader : readers_) {
        if (reader.decoder) continue;
        auto at = static_cast<std::size_t>(running.index_of(reader.name));
        reader.decoder = std::move(running.readers_[at].decoder);
    }
}

// Topics that a map of the operator reads are read with it, whoever else would take them.
Status Rules::add_maps(const Options& options) {
    for (const MapText& text : options.maps) {
        auto map = parse_map(text.name, text.text);
        if (!map)
            return Error{fmt::format("Error: Invalid 'telemetry_map': {}.", map.error().text), 3};
        for (const MapForm& form : map.value().forms) {
            for (const TopicPattern& topic : form.topics) map_filters_.push_back(topic.filter());
        }
    }
    return Done{};
}

Status Rules::add_rules(const Options& options) {
    for (const RuleOption& rule : options.rules) {
        int reader = rule.decoder == "none" ? kNobody : index_of(rule.decoder);
        if (reader == kNobody && rule.decoder != "none") return no_such_decoder(rule.decoder);
        if (!mqtt::is_valid_topic_filter(rule.filter)) {
            return Error{fmt::format("Error: Invalid 'telemetry_rule': '{}' is no topic filter.",
                                     rule.filter),
                         3};
        }
        rows_.push_back({rule.filter, rule.decoder, false});
        readers_of_rows_.push_back(reader);
    }
    for (const std::string& filter : map_filters_) {
        rows_.push_back({filter, std::string(kMapReader), false});
        readers_of_rows_.push_back(index_of(kMapReader));
    }
    // What a decoder publishes again is no message of its own.
    for (const DecoderOption& option : options.decoder_options) {
        if (option.decoder != "meshtastic" || option.name != "republish") continue;
        rows_.push_back({option.value + "#", "none", true});
        readers_of_rows_.push_back(kNobody);
    }
    for (const DecoderKind& kind : decoder_kinds()) {
        for (std::string_view filter : kind.default_filters) {
            rows_.push_back({std::string(filter), std::string(kind.name), true});
            readers_of_rows_.push_back(index_of(kind.name));
        }
    }
    return Done{};
}

const Rules::Reader* Rules::find_reader(std::string_view name) const {
    int index = index_of(name);
    return index == kNobody ? nullptr : &readers_[static_cast<std::size_t>(index)];
}

int Rules::index_of(std::string_view decoder) const {
    auto found = std::find_if(readers_.begin(), readers_.end(),
                              [&](const Reader& reader) { return reader.name == decoder; });
    return found == readers_.end() ? kNobody : static_cast<int>(found - readers_.begin());
}

Rules::Choice Rules::choose(std::string_view topic) {
    int place = kNobody;
    if (auto known = known_.find(topic); known != known_.end()) {
        place = known->second;
    } else {
        auto row = std::find_if(rows_.begin(), rows_.end(),
                                [&](const Row& r) { return mqtt::matches(r.filter, topic); });
        if (row != rows_.end()) place = static_cast<int>(row - rows_.begin());
        if (known_.size() >= kKnownMax) known_.clear();
        known_.emplace(std::string(topic), place);
    }
    if (place == kNobody) return {};
    int reader = readers_of_rows_[static_cast<std::size_t>(place)];
    if (reader == kNobody) return {};
    const Row& row = rows_[static_cast<std::size_t>(place)];
    Reader& chosen = readers_[static_cast<std::size_t>(reader)];
    return {chosen.name, chosen.decoder.get(), row.is_default ? std::string_view() : row.filter};
}

}  // namespace martlet::telemetry
