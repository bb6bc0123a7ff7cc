#include "migrate/record_line.h"

#include "auth/base64.h"
#include "broker/records.h"
#include "mqtt/topic.h"

#include <nlohmann/json.hpp>

namespace martlet::migrate {

namespace {

using Json = nlohmann::ordered_json;
using auth::Padding;

constexpr int kExportVersion = 1;

// In the order of broker::Record.
constexpr const char* kKinds[] = {"session", "subscription", "message",  "delivery",
                                  "sent",    "released",     "received", "retained"};

// JSON can hold it as text, and it comes back as it was.
bool is_text(ByteView bytes) {
    std::string_view rest = as_text(bytes);
    while (!rest.empty()) {
        auto end = rest.find_first_of("\n\r\t");
        if (end != 0 && !mqtt::is_valid_utf8(rest.substr(0, end))) return false;
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return true;
}

Json json_of(const broker::MessageRecord& m) {
    Json json;
    json["topic"] = m.topic;
    json["qos"] = static_cast<int>(m.qos);
    json["retain"] = m.retain;
    if (m.expires_at_ms != 0) json["expires_at_ms"] = m.expires_at_ms;
    if (!m.properties.empty())
        json["properties_base64"] = auth::encode_base64(m.properties, Padding::Required);
    json["bytes"] = m.payload.size();
    if (is_text(m.payload))
        json["payload"] = as_text(m.payload);
    else
        json["payload_base64"] = auth::encode_base64(m.payload, Padding::Required);
    return json;
}

void put_fields(Json& json, const broker::SessionRecord& s) {
    json["client_id"] = s.client_id;
    if (s.is_user_known) json["user_name"] = s.user_name;
    json["expiry_s"] = s.expiry_s;
    json["listener"] = s.listener;
    json["ends_at_ms"] = s.ends_at_ms;
    if (s.sent_through != 0) json["sent_through"] = s.sent_through;
    if (s.is_open) json["is_open"] = true;
    if (!s.will) return;
    Json will;
    will["delay_s"] = s.will->delay_s;
    will["expiry_s"] = s.will->expiry_s;
    will["message"] = json_of(s.will->message);
    json["will"] = std::move(will);
}
void put_fields(Json& json, const broker::SubscriptionRecord& s) {
    json["session"] = s.session;
    json["filter"] = s.filter;
    json["qos"] = static_cast<int>(s.qos);
    json["no_local"] = s.no_local;
    json["retain_as_published"] = s.retain_as_published;
    json["identifier"] = s.identifier;
}
void put_fields(Json& json, const broker::MessageRecord& m) {
    json["message"] = json_of(m);
}
void put_fields(Json& json, const broker::DeliveryRecord& d) {
    json["session"] = d.session;
    json["qos"] = static_cast<int>(d.qos);
    json["retain"] = d.retain;
    json["identifier"] = d.identifier;
    if (!d.group.empty()) json["group"] = d.group;
    if (d.packet_id != 0) json["packet_id"] = d.packet_id;
    if (d.message_key != 0)
        json["message_key"] = d.message_key;
    else
        json["message"] = json_of(d.message);
}
void put_packet_id(Json& json, const auto& record) {
    json["session"] = record.session;
    json["packet_id"] = record.packet_id;
}
void put_fields(Json& json, const broker::SentRecord& r) {
    put_packet_id(json, r);
}
void put_fields(Json& json, const broker::ReleasedRecord& r) {
    put_packet_id(json, r);
}
void put_fields(Json& json, const broker::ReceivedRecord& r) {
    put_packet_id(json, r);
}
void put_fields(Json& json, const broker::RetainedRecord& r) {
    json["number"] = r.number;
    if (r.has_origin) {
        Json origin;
        origin["user_name"] = r.origin_user;
        origin["client_id"] = r.origin_client;
        origin["listener"] = r.origin_listener;
        json["origin"] = std::move(origin);
    }
    json["message"] = json_of(r.message);
}

// The journal's checksum held, so the texts are what was written: UTF-8, unless a program had a
// bug.
bool write_line(const Json& json, std::string& line) {
    try {
        line = json.dump();
        return true;
    } catch (const Json::exception&) {
        return false;
    }
}

}  // namespace

std::string export_head() {
    Json json;
    json["martlet_export"] = kExportVersion;
    json["written_by"] = "martlet " MARTLET_VERSION;
    return json.dump();
}

std::string record_line(journal::Key key, ByteView value, std::string_view client_id) {
    Json json;
    json["key"] = key;
    Json raw = json;
    broker::Record record;
    std::string line;
    if (broker::decode(value, record)) {
        json["kind"] = kKinds[record.index()];
        if (!client_id.empty()) json["client_id"] = client_id;
        std::visit([&](const auto& r) { put_fields(json, r); }, record);
        if (write_line(json, line)) return line;
    }
    raw["kind"] = "unknown";
    raw["value_base64"] = auth::encode_base64(value, Padding::Required);
    return raw.dump();
}

}  // namespace martlet::migrate
