#include "auth/base64.h"
#include "base/text.h"
#include "broker/records.h"
#include "migrate/record_line.h"

#include <limits>
#include <nlohmann/json.hpp>

namespace martlet::migrate {

namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kExportVersion = 1;

// Reads fields, and remembers the first that is not as it should be. A field that is missing keeps
// its value.
class Fields {
  public:
    Fields(const Json& json, std::string& problem) : json_(json), problem_(problem) {}

    template <typename T>
    void number(const char* name, T& value) {
        const Json* field = find(name);
        if (field == nullptr) return;
        bool fits = field->is_number_unsigned() &&
                    field->get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<T>::max()};
        if (!fits) return fail(name);
        value = static_cast<T>(field->get<std::uint64_t>());
    }
    void flag(const char* name, bool& value) {
        const Json* field = find(name);
        if (field == nullptr) return;
        if (!field->is_boolean()) return fail(name);
        value = field->get<bool>();
    }
    void qos(mqtt::Qos& value) {
        std::uint8_t number_of = 0;
        number("qos", number_of);
        if (number_of > 2) return fail("qos");
        value = static_cast<mqtt::Qos>(number_of);
    }
    // A name of MQTT.
    void text(const char* name, std::string_view& value) {
        constexpr std::size_t kTextBytesMax = 65535;
        const Json* field = find(name);
        if (field == nullptr) return;
        if (!field->is_string()) return fail(name);
        value = field->get_ref<const std::string&>();
        if (value.size() > kTextBytesMax) fail(name);
    }
    // `name`, or `name`_base64, whose bytes are kept in `place`.
    void bytes(const std::string& name, ByteView& value, std::vector<std::uint8_t>& place) {
        if (const Json* field = find(name.c_str()); field != nullptr && field->is_string())
            value = as_bytes(field->get_ref<const std::string&>());
        const Json* field = find((name + "_base64").c_str());
        if (field == nullptr) return;
        bool is_sound =
            field->is_string() && auth::decode_base64(field->get_ref<const std::string&>(),
                                                      auth::Padding::Required, place);
        if (!is_sound) return fail(name);
        value = place;
    }
    const Json* find(const char* name) const {
        if (!json_.is_object()) return nullptr;
        auto it = json_.find(name);
        return it == json_.end() ? nullptr : &*it;
    }
    void fail(const std::string& name) {
        if (problem_.empty()) problem_ = fmt::format("'{}' is missing or wrong", name);
    }

  private:
    const Json& json_;
    std::string& problem_;
};

// Makes a record of a line. The record views the line's JSON and what is kept here.
class LineReader {
  public:
    explicit LineReader(const Json& json) : json_(json) {}
    const std::string& problem() const { return problem_; }

    // The kind.
    std::string_view read_head(journal::Key& key) {
        std::string_view kind;
        fields().number("key", key);
        fields().text("kind", kind);
        if (key == 0 || key == UINT64_MAX) fields().fail("key");
        return kind;
    }
    broker::Record read(std::string_view kind);
    ByteView read_unknown() {
        ByteView value;
        fields().bytes("value", value, payload_);
        return value;
    }

  private:
    Fields fields() { return {json_, problem_}; }

    broker::MessageRecord message(const Json& holder) {
        broker::MessageRecord m;
        const Json* json = Fields(holder, problem_).find("message");
        if (json == nullptr || !json->is_object()) {
            Fields(holder, problem_).fail("message");
            return m;
        }
        Fields from(*json, problem_);
        from.text("topic", m.topic);
        from.qos(m.qos);
        from.flag("retain", m.retain);
        from.number("expires_at_ms", m.expires_at_ms);
        from.bytes("properties", m.properties, properties_);
        from.bytes("payload", m.payload, payload_);
        return m;
    }
    broker::SessionRecord session() {
        broker::SessionRecord s;
        fields().text("client_id", s.client_id);
        s.is_user_known = fields().find("user_name") != nullptr;
        fields().text("user_name", s.user_name);
        fields().number("expiry_s", s.expiry_s);
        fields().number("listener", s.listener);
        fields().number("ends_at_ms", s.ends_at_ms);
        fields().number("sent_through", s.sent_through);
        fields().flag("is_open", s.is_open);
        if (s.client_id.empty()) fields().fail("client_id");
        const Json* will = fields().find("will");
        if (will == nullptr) return s;
        Fields from(*will, problem_);
        s.will.emplace();
        from.number("delay_s", s.will->delay_s);
        from.number("expiry_s", s.will->expiry_s);
        s.will->message = message(*will);
        return s;
    }
    broker::SubscriptionRecord subscription() {
        broker::SubscriptionRecord s;
        fields().number("session", s.session);
        fields().text("filter", s.filter);
        fields().qos(s.qos);
        fields().flag("no_local", s.no_local);
        fields().flag("retain_as_published", s.retain_as_published);
        fields().number("identifier", s.identifier);
        return s;
    }
    broker::DeliveryRecord delivery() {
        broker::DeliveryRecord d;
        fields().number("session", d.session);
        fields().qos(d.qos);
        fields().flag("retain", d.retain);
        fields().number("identifier", d.identifier);
        fields().number("packet_id", d.packet_id);
        fields().number("message_key", d.message_key);
        if (fields().find("group") != nullptr) fields().text("group", d.group);
        if (d.message_key == 0) d.message = message(json_);
        return d;
    }
    template <typename T>
    T packet_id() {
        T record;
        fields().number("session", record.session);
        fields().number("packet_id", record.packet_id);
        return record;
    }
    broker::RetainedRecord retained() {
        broker::RetainedRecord r;
        fields().number("number", r.number);
        r.message = message(json_);
        const Json* origin = fields().find("origin");
        r.has_origin = origin != nullptr;
        if (origin == nullptr) return r;
        Fields from(*origin, problem_);
        from.text("user_name", r.origin_user);
        from.text("client_id", r.origin_client);
        from.number("listener", r.origin_listener);
        return r;
    }

    const Json& json_;
    std::string problem_;
    std::vector<std::uint8_t> properties_;
    std::vector<std::uint8_t> payload_;
};

broker::Record LineReader::read(std::string_view kind) {
    if (kind == "session") return session();
    if (kind == "subscription") return subscription();
    if (kind == "message") return message(json_);
    if (kind == "delivery") return delivery();
    if (kind == "sent") return packet_id<broker::SentRecord>();
    if (kind == "released") return packet_id<broker::ReleasedRecord>();
    if (kind == "received") return packet_id<broker::ReceivedRecord>();
    if (kind == "retained") return retained();
    fields().fail("kind");
    return {};
}

}  // namespace

bool is_export_head(std::string_view line) {
    Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) return false;
    auto version = json.find("martlet_export");
    return version != json.end() && *version == kExportVersion;
}

Result<ParsedLine> parse_record_line(std::string_view line) {
    Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) return Error{"this is no JSON object"};
    ParsedLine parsed;
    LineReader reader(json);
    std::string_view kind = reader.read_head(parsed.key);
    if (kind == "unknown") {
        ByteView value = reader.read_unknown();
        parsed.value.assign(value.begin(), value.end());
    } else {
        broker::Record record = reader.read(kind);
        parsed.value.resize(broker::encoded_size(record));
        broker::encode(record, parsed.value.data());
    }
    if (!reader.problem().empty()) return Error{reader.problem()};
    broker::Record sound;
    if (kind != "unknown" && !broker::decode(parsed.value, sound))
        return Error{"this record makes no sense"};
    return parsed;
}

}  // namespace martlet::migrate
