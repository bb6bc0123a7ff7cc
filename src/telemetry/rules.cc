#include "telemetry/rules.h"

#include "base/text.h"
#include "mqtt/topic.h"

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

Error no_such_decoder(std::string_view name) {
    return Error{fmt::format("Error: There is no telemetry decoder '{}'; there are: {}.", name,
                             names_of_decoders()),
                 3};
}

}  // namespace

Result<Rules> Rules::make(const Options& options) {
    Rules rules;
    Status status = rules.add_decoders(options);
    if (status) status = rules.add_rules(options);
    if (!status) return status.error();
    return rules;
}

Status Rules::add_decoders(const Options& options) {
    for (const DecoderOption& option : options.decoder_options) {
        if (find_decoder(option.decoder) == nullptr) return no_such_decoder(option.decoder);
    }
    for (const DecoderKind& kind : decoder_kinds()) {
        DecoderOptions own;
        for (const DecoderOption& option : options.decoder_options) {
            if (option.decoder == kind.name) own.emplace_back(option.name, option.value);
        }
        std::string problem;
        std::unique_ptr<Decoder> decoder = kind.make(own, problem);
        if (!decoder) {
            return Error{fmt::format("Error: Invalid 'telemetry_option' for the decoder {}: {}.",
                                     kind.name, problem),
                         3};
        }
        readers_.push_back({kind.name, std::move(decoder)});
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
    for (const DecoderKind& kind : decoder_kinds()) {
        for (std::string_view filter : kind.default_filters) {
            rows_.push_back({std::string(filter), std::string(kind.name), true});
            readers_of_rows_.push_back(index_of(kind.name));
        }
    }
    return Done{};
}

int Rules::index_of(std::string_view decoder) const {
    auto found = std::find_if(readers_.begin(), readers_.end(),
                              [&](const Reader& reader) { return reader.name == decoder; });
    return found == readers_.end() ? kNobody : static_cast<int>(found - readers_.begin());
}

Rules::Choice Rules::choose(std::string_view topic) {
    int reader = kNobody;
    if (auto known = known_.find(topic); known != known_.end()) {
        reader = known->second;
    } else {
        auto row = std::find_if(rows_.begin(), rows_.end(),
                                [&](const Row& r) { return mqtt::matches(r.filter, topic); });
        if (row != rows_.end())
            reader = readers_of_rows_[static_cast<std::size_t>(row - rows_.begin())];
        if (known_.size() >= kKnownMax) known_.clear();
        known_.emplace(std::string(topic), reader);
    }
    if (reader == kNobody) return {};
    Reader& chosen = readers_[static_cast<std::size_t>(reader)];
    return {chosen.name, chosen.decoder.get()};
}

}  // namespace martlet::telemetry
