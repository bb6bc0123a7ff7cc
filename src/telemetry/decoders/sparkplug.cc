// Sparkplug B: births name the metrics, data may carry their aliases only, deaths make a node and
// its devices stale. What is missing is asked for again by a rebirth.

#include "base/hash_map.h"
#include "base/text.h"
#include "telemetry/decoders/json/metric_words.h"
#include "telemetry/decoders/plain_text.h"
#include "telemetry/decoders/recent.h"
#include "telemetry/decoders/registry.h"
#include "telemetry/decoders/sparkplug/edge.h"
#include "telemetry/decoders/sparkplug/payload.h"
#include "telemetry/emergency.h"
#include "telemetry/payload_json.h"
#include "telemetry/payload_time.h"

#include <array>
#include <limits>

namespace martlet::telemetry {

namespace {

using namespace sparkplug;

constexpr std::size_t kEdgesMax = 1'000;
// Past it the alarm that was silent longest is forgotten, and would be told again.
constexpr std::size_t kAlarmsMax = 10'000;
constexpr std::size_t kMetricsOfAllMax = 200'000;
constexpr Time kMinute = 60'000;
constexpr Time kDay = 24 * 60 * kMinute;
// A crowd of invented nodes must not make the broker talk.
constexpr int kRebirthsAMinuteMax = 60;
// Reasons are counted by their words, of which a sender must not make any number.
constexpr std::size_t kCompressionsMax = 8;

enum class MessageType : std::uint8_t { Birth, Data, Death, Command };

struct Address {
    std::string_view root;  // "spBv1.0/", and whatever a bridge put before it
    std::string_view group;
    MessageType type = MessageType::Command;
    std::string_view edge;
    std::string_view device;  // empty: the node itself
};

// The levels after the root; of too many only the first.
std::size_t split_topic(std::string_view topic, std::string_view& root_part,
                        std::array<std::string_view, 5>& levels) {
    constexpr std::string_view kRoot = "spBv1.0/";
    std::size_t root = topic.find(kRoot);
    if (root == std::string_view::npos || (root > 0 && topic[root - 1] != '/')) return 0;
    root_part = topic.substr(0, root + kRoot.size());
    std::string_view rest = topic.substr(root_part.size());
    std::size_t count = 0;
    while (count < levels.size()) {
        std::size_t slash = rest.find('/');
        levels[count++] = rest.substr(0, slash);
        if (slash == std::string_view::npos) break;
        rest.remove_prefix(slash + 1);
    }
    return count;
}

bool read_type(std::string_view word, bool is_device, MessageType& type) {
    if (word.empty() || word[0] != (is_device ? 'D' : 'N')) return false;
    std::string_view what = word.substr(1);
    if (what == "BIRTH") return type = MessageType::Birth, true;
    if (what == "DATA") return type = MessageType::Data, true;
    if (what == "DEATH") return type = MessageType::Death, true;
    if (what == "CMD") return type = MessageType::Command, true;
    return false;
}

std::string edge_id(const Address& address) {
    return std::string(address.group) + "/" + std::string(address.edge);
}

SourceId source_of(const Address& address) {
    SourceId source{"sparkplug", edge_id(address)};
    if (!address.device.empty()) source.id += "/" + std::string(address.device);
    return source;
}

Time time_of(const Metric& metric, const Payload& payload, Time received) {
    auto is_sound = [&](std::uint64_t time) {
        return time >= kEarliestTime && time <= static_cast<std::uint64_t>(received + kDay);
    };
    if (metric.time && is_sound(*metric.time)) return static_cast<Time>(*metric.time);
    if (payload.time && is_sound(*payload.time)) return static_cast<Time>(*payload.time);
    return received;
}

// Births teach `info` before their own metrics are put: a unit of its own is that of a message of
// data, or of a metric that could not be learned.
void put_unit(const Metric& metric, const MetricInfo* info, Sample& sample) {
    bool is_declared = info != nullptr && (metric.unit.empty() || metric.unit == info->unit);
    sample.unit = is_declared ? info->unit : metric.unit;
    if (sample.unit.empty()) return;
    sample.unit_source = is_declared ? UnitSource::Declared : UnitSource::Stated;
}

// The first value that was lost tells why, and by which name.
void tell_lost(std::string_view reason, std::string_view name, Decoded& out) {
    constexpr std::size_t kNameBytesMax = 64;
    if (reason.empty() || !out.problem.empty()) return;
    out.problem = fmt::format("{}: '{}'", reason, plain_text(name, kNameBytesMax));
}

// Its digits would not survive as a number.
const std::uint64_t* long_number(const Metric& metric, DataType type) {
    constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const auto* number = std::get_if<std::uint64_t>(&metric.value);
    bool is_whole = type == DataType::UInt64 || type == DataType::Unknown;
    return is_whole && number != nullptr && *number > kLargest ? number : nullptr;
}

void put_fact(const SourceId& source, std::string name, std::string text, Decoded& out) {
    bool is_last = !out.notes.empty() && out.notes.back().source == source;
    if (!is_last) out.notes.push_back({source, {}, {}});
    out.notes.back().facts.emplace_back(std::move(name), std::move(text));
}

JsonLeaf leaf_of(const Value& value, bool is_boolean) {
    JsonLeaf leaf;
    if (const auto* text = std::get_if<std::string>(&value)) {
        leaf.type = LeafType::Text;
        leaf.text = *text;
    } else if (const auto* real = std::get_if<double>(&value)) {
        leaf.type = LeafType::Real;
        leaf.number = *real;
    } else {
        leaf.type = is_boolean ? LeafType::Boolean : LeafType::Integer;
        leaf.integer = std::get<std::int64_t>(value);
        leaf.number = static_cast<double>(leaf.integer);
    }
    return leaf;
}

void put_unreadable(std::string_view problem, Decoded& out) {
    out.verdict = Verdict::Unreadable;
    out.problem = problem;
}

class SparkplugDecoder final : public Decoder {
  public:
    explicit SparkplugDecoder(bool asks_rebirth) : asks_rebirth_(asks_rebirth) {}

    void decode(const Incoming& message, Decoded& out) override;

  private:
    void read_host(std::string_view host, const Incoming& message, Decoded& out);
    void read_birth(const Address& address, Edge& edge, Time received, Decoded& out);
    void read_death(const Address& address, Edge& edge, Time received, Decoded& out);
    void read_data(const Address& address, Edge& edge, Time received, Decoded& out);
    // False: nobody said what this metric is.
    // Units are declared by births; data may state its own.
    bool put_metric(const Address& address, const Edge& edge, const Metric& metric, Time received,
                    Decoded& out);
    // An event for an alarm that begins, and for one that tells another thing.
    void judge_alarm(std::string_view name, const Sample& sample, bool is_boolean, Decoded& out);
    void ask_rebirth(const Address& address, Edge& edge, Time received, Decoded& out);
    bool may_ask(Edge& edge, Time received);
    std::string_view known_problem(const std::string& problem);
    Edge& edge_of(const std::string& id);
    void keep_bound(Edge& edge, std::size_t metrics_before);

    bool asks_rebirth_;
    Recent<Edge> edges_{kEdgesMax};
    std::size_t metrics_ = 0;  // of all edges
    Recent<bool> hosts_{kEdgesMax};
    Recent<std::string> alarms_{kAlarmsMax};  // the last one told of each metric; empty: over
    Time asked_minute_ = 0;
    int asked_in_minute_ = 0;
    TextSet compressions_;  // unknown ones that were told by name
    Payload payload_;
    PayloadJson json_;
};

void put_online(const SourceId& source, bool is_online, bool is_change, Time time, Decoded& out) {
    out.samples.push_back({source, "online", "", SeriesKind::State, time, std::int64_t{is_online}});
    if (!is_change) return;
    Event event;
    event.source = source;
    event.time = time;
    event.kind = is_online ? "online" : "offline";
    event.severity = is_online ? Severity::Info : Severity::Warning;
    out.events.push_back(std::move(event));
}

void put_devices_offline(Address address, const std::vector<std::string>& devices, Time time,
                         Decoded& out) {
    for (const std::string& device : devices) {
        address.device = device;
        out.samples.push_back(
            {source_of(address), "online", "", SeriesKind::State, time, std::int64_t{0}});
    }
}

void SparkplugDecoder::decode(const Incoming& message, Decoded& out) {
    std::array<std::string_view, 5> levels;
    std::string_view root;
    std::size_t count = split_topic(message.topic, root, levels);
    if (count == 2 && levels[0] == "STATE") return read_host(levels[1], message, out);
    Address address{root, levels[0], MessageType::Command, levels[2], levels[3]};
    bool is_sound = (count == 3 || count == 4) && !address.group.empty() && !address.edge.empty() &&
                    (count == 3 || !address.device.empty()) &&
                    read_type(levels[1], count == 4, address.type);
    if (!is_sound) return put_unreadable("not a Sparkplug topic", out);
    out.sender = source_of(address);
    if (address.type == MessageType::Command) return;
    if (auto problem = read_payload(message.payload, payload_); !problem.empty()) {
        return put_unreadable(known_problem(problem), out);
    }
    out.problem = payload_.left_out;
    Edge& edge = edge_of(edge_id(address));
    std::size_t metrics_before = edge.metric_count();
    switch (address.type) {
        case MessageType::Birth:
            read_birth(address, edge, message.received, out);
            break;
        case MessageType::Death:
            read_death(address, edge, message.received, out);
            break;
        default:
            read_data(address, edge, message.received, out);
            break;
    }
    keep_bound(edge, metrics_before);
}

void SparkplugDecoder::read_host(std::string_view host, const Incoming& message, Decoded& out) {
    SourceId source{"sparkplug", "STATE/" + std::string(host)};
    out.sender = source;
    bool is_online = message.payload == "ONLINE";
    Time time = message.received;
    if (!is_online && message.payload != "OFFLINE") {
        if (message.payload.empty()) return;
        if (std::string_view problem = json_.read(message.payload); !problem.empty()) {
            put_unreadable(problem, out);
            if (!json_.place().empty()) out.problem += ": " + plain_text(json_.place());
            return;
        }
        const JsonLeaf* online = json_.find("online");
        if (online == nullptr || online->type != LeafType::Boolean) {
            return put_unreadable("no online", out);
        }
        is_online = online->integer != 0;
        const JsonLeaf* at = json_.find("timestamp");
        bool is_sound = at != nullptr && at->type == LeafType::Integer &&
                        at->integer >= kEarliestTime && at->integer <= message.received + kDay;
        if (is_sound) time = at->integer;
    }
    bool is_known = hosts_.find(host) != nullptr;
    bool& was_online = hosts_.touch(host);
    bool is_change = !is_known || was_online != is_online;
    was_online = is_online;
    put_online(source, is_online, is_change, time, out);
    out.verdict = Verdict::Read;
}

void SparkplugDecoder::read_birth(const Address& address, Edge& edge, Time received, Decoded& out) {
    bool is_change;
    if (address.device.empty()) {
        put_devices_offline(address, edge.begin(payload_), received, out);
        is_change = edge.set_online(true);
        edge.is_in_sequence(payload_);
    } else {
        is_change = edge.set_device_online(address.device, true);
        bool is_complete = edge.is_in_sequence(payload_) && edge.has_birth();
        if (!is_complete) ask_rebirth(address, edge, received, out);
    }
    put_online(out.sender, true, is_change, received, out);
    for (const Metric& metric : payload_.metrics) {
        edge.learn(address.device, metric);
        put_metric(address, edge, metric, received, out);
    }
    out.verdict = Verdict::Read;
}

void SparkplugDecoder::read_death(const Address& address, Edge& edge, Time received, Decoded& out) {
    bool is_change;
    if (address.device.empty()) {
        if (!edge.is_own_death(payload_)) return;
        put_devices_offline(address, edge.end(), received, out);
        is_change = edge.set_online(false);
    } else {
        bool is_complete = edge.is_in_sequence(payload_);
        if (!is_complete) ask_rebirth(address, edge, received, out);
        is_change = edge.set_device_online(address.device, false);
    }
    put_online(out.sender, false, is_change, received, out);
    out.verdict = Verdict::Read;
}

void SparkplugDecoder::read_data(const Address& address, Edge& edge, Time received, Decoded& out) {
    bool is_complete = edge.is_in_sequence(payload_) && edge.has_birth();
    bool is_all_known = true;
    for (const Metric& metric : payload_.metrics) {
        if (!put_metric(address, edge, metric, received, out)) is_all_known = false;
    }
    if (!is_complete || !is_all_known) ask_rebirth(address, edge, received, out);
    if (!out.samples.empty() || !out.notes.empty()) {
        out.verdict = Verdict::Read;
    } else if (!out.problem.empty()) {
        out.verdict = Verdict::Unreadable;
    } else if (!is_all_known) {
        put_unreadable(edge.has_birth() ? "unknown alias" : "no birth seen", out);
    }
}

bool SparkplugDecoder::put_metric(const Address& address, const Edge& edge, const Metric& metric,
                                  Time received, Decoded& out) {
    const MetricInfo* info = edge.find(address.device, metric);
    if (info == nullptr && metric.name.empty()) return false;
    const std::string& name = info == nullptr ? metric.name : info->name;
    if (metric.is_null || is_control(name)) return true;
    DataType type = metric.type;
    if (type == DataType::Unknown && info != nullptr) type = info->type;
    if (const std::uint64_t* number = long_number(metric, type)) {
        put_fact(source_of(address), metric_name(name), std::to_string(*number), out);
        return true;
    }
    std::optional<Value> value = typed_value(metric.value, type);
    if (!value) return tell_lost(lost_reason(metric), name, out), true;
    bool is_boolean = type == DataType::Boolean || std::holds_alternative<bool>(metric.value);
    bool is_state =
        std::holds_alternative<std::string>(*value) || is_boolean || type == DataType::DateTime;
    Sample sample;
    sample.source = source_of(address);
    sample.metric = metric_name(name);
    put_unit(metric, info, sample);
    sample.kind = is_state ? SeriesKind::State : SeriesKind::Gauge;
    sample.time = time_of(metric, payload_, received);
    sample.value = std::move(*value);
    bool can_alarm = info == nullptr ? alarm_key(alarm_path(name)) : info->can_alarm;
    if (can_alarm && type != DataType::DateTime) judge_alarm(name, sample, is_boolean, out);
    out.samples.push_back(std::move(sample));
    return true;
}

// A birth tells again all that holds: an alarm that stands is not begun anew by it.
void SparkplugDecoder::judge_alarm(std::string_view name, const Sample& sample, bool is_boolean,
                                   Decoded& out) {
    Alarm alarm = alarm_of_member(alarm_path(name), leaf_of(sample.value, is_boolean));
    std::string told;
    if (const auto* text = std::get_if<std::string>(&sample.value); alarm && text != nullptr) {
        told = fmt::format("{}: {}", name, *text);
    } else if (alarm) {
        told = name;
    }
    std::string key = sample.source.id + '\n' + sample.metric;
    const std::string* last = alarms_.find(key);
    if (last != nullptr ? *last == told : told.empty()) return;
    alarms_.touch(key) = told;
    if (!alarm) return;
    Event event;
    event.source = sample.source;
    event.time = sample.time;
    event.kind = alarm.event;
    event.severity = alarm.severity;
    event.text = std::move(told);
    out.events.push_back(std::move(event));
}

void SparkplugDecoder::ask_rebirth(const Address& address, Edge& edge, Time received,
                                   Decoded& out) {
    if (!asks_rebirth_ || !may_ask(edge, received)) return;
    DerivedMessage message;
    message.topic = address.root;
    message.topic += address.group;
    message.topic += "/NCMD/";
    message.topic += address.edge;
    message.payload = rebirth_payload(received);
    out.messages.push_back(std::move(message));
}

bool SparkplugDecoder::may_ask(Edge& edge, Time received) {
    if (edge.asked && received - *edge.asked < kMinute && received >= *edge.asked) return false;
    if (received / kMinute != asked_minute_) {
        asked_minute_ = received / kMinute;
        asked_in_minute_ = 0;
    }
    if (asked_in_minute_ >= kRebirthsAMinuteMax) return false;
    asked_in_minute_++;
    edge.asked = received;
    return true;
}

// The names of the first few unknown compressions are told, later ones are nameless.
std::string_view SparkplugDecoder::known_problem(const std::string& problem) {
    constexpr std::string_view kUnknown = "unknown compression";
    if (!problem.starts_with(kUnknown) || compressions_.contains(problem)) return problem;
    if (compressions_.size() >= kCompressionsMax) return kUnknown;
    compressions_.insert(problem);
    return problem;
}

Edge& SparkplugDecoder::edge_of(const std::string& id) {
    bool is_new = edges_.find(id) == nullptr;
    if (is_new && edges_.size() >= kEdgesMax) metrics_ -= edges_.forget_oldest().metric_count();
    return edges_.touch(id);
}

void SparkplugDecoder::keep_bound(Edge& edge, std::size_t metrics_before) {
    metrics_ += edge.metric_count();
    metrics_ -= metrics_before;
    while (metrics_ > kMetricsOfAllMax && edges_.size() > 1) {
        metrics_ -= edges_.forget_oldest().metric_count();
    }
}

std::unique_ptr<Decoder> make_sparkplug(const DecoderOptions& options, std::string& problem) {
    bool asks_rebirth = true;
    for (const auto& [name, value] : options) {
        if (name != "rebirth" || (value != "true" && value != "false")) {
            problem = name == "rebirth" ? "rebirth is true or false" : "no option " + name;
            return nullptr;
        }
        asks_rebirth = value == "true";
    }
    return std::make_unique<SparkplugDecoder>(asks_rebirth);
}

}  // namespace

DecoderKind sparkplug_decoder() {
    return {"sparkplug",
            "Sparkplug B: metrics of edge nodes and devices by their births",
            {"spBv1.0/#"},
            make_sparkplug};
}

}  // namespace martlet::telemetry
