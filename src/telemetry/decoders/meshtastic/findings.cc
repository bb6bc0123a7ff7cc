#include "telemetry/decoders/meshtastic/findings.h"

#include "base/ascii.h"
#include "base/json_writer.h"
#include "mqtt/topic.h"
#include "telemetry/decoders/plain_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace martlet::telemetry::meshtastic {

namespace {

// Bytes of the character that begins `text`; 0: none does.
std::size_t character_bytes(std::string_view text) {
    // No topic may hold a line end, but a text may.
    if (text[0] == '\n' || text[0] == '\t') return 1;
    for (std::size_t size = 1; size <= std::min<std::size_t>(4, text.size()); size++) {
        if (mqtt::is_valid_utf8(text.substr(0, size))) return size;
    }
    return 0;
}

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// Bytes of the blank that begins `text`, which is UTF-8; 0: none does.
std::size_t blank_bytes(std::string_view text) {
    if (text[0] == ' ') return 1;
    // U+00A0 and U+00AD; U+2800, U+3000, U+FE0F, U+FEFF and Hangul's fillers.
    for (std::string_view blank :
         {"\xc2\xa0", "\xc2\xad", "\xe2\xa0\x80", "\xe3\x80\x80", "\xef\xb8\x8f", "\xef\xbb\xbf",
          "\xe1\x85\x9f", "\xe1\x85\xa0", "\xe3\x85\xa4", "\xef\xbe\xa0"}) {
        if (text.starts_with(blank)) return blank.size();
    }
    if (text.size() < 3 || text[0] != '\xe2') return 0;
    // U+2000 to U+200F, U+2028 to U+202F, U+205F to U+206F.
    auto last = static_cast<unsigned char>(text[2]);
    bool is_space = text[1] == '\x80' && (last <= 0x8f || (last >= 0xa8 && last <= 0xaf));
    bool is_format = text[1] == '\x81' && last >= 0x9f && last <= 0xaf;
    return is_space || is_format ? 3 : 0;
}

bool is_blank(std::string_view text) {
    while (!text.empty()) {
        if (text[0] > ' ') return false;
        std::size_t size = blank_bytes(text);
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

}  // namespace

std::string clean_text(std::string_view bytes, std::size_t bytes_max, bool keeps_lines) {
    if (is_printable(bytes)) return std::string(bytes.substr(0, bytes_max));
    std::string plain = without_orders(bytes, keeps_lines);
    std::string_view rest = plain;
    std::string text;
    while (!rest.empty()) {
        std::size_t size = character_bytes(rest);
        std::string_view character = size > 0 ? rest.substr(0, size) : kReplacement;
        if (text.size() + character.size() > bytes_max) break;
        text += character;
        rest.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return text;
}

std::string clean_name(std::string_view bytes, std::size_t bytes_max) {
    std::string text = clean_text(bytes, bytes_max);
    std::string_view name = text;
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ') || name.ends_with(kReplacement)) {
        name.remove_suffix(name.ends_with(' ') ? 1 : kReplacement.size());
    }
    if (is_blank(name)) return {};
    if (name.size() == text.size()) return text;
    return std::string(name);
}

double as_decimal(float value) {
    if (!std::isfinite(value)) return static_cast<double>(value);
    std::array<char, 64> text;
    auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    double decimal = 0;
    std::from_chars(text.data(), end, decimal);
    return decimal;
}

void Findings::set_time(std::uint64_t seconds) {
    if (auto time = sound_time(seconds, packet_.received)) time_ = *time;
}

SourceNote& Findings::note_of(const SourceId& source) {
    for (SourceNote& note : out_.notes) {
        if (note.source == source) return note;
    }
    return out_.notes.emplace_back(SourceNote{source, {}, {}});
}

void Findings::name(std::string_view name) {
    if (!name.empty()) note_of(sender_).name = name;
}

void Findings::fact(std::string_view name, std::string_view text) {
    note_of(sender_).facts.emplace_back(name, text);
}

// Filled in place: there are a dozen in each packet.
Sample& Findings::add(std::string_view metric, std::string_view unit, SeriesKind kind) {
    Sample& sample = out_.samples.emplace_back();
    sample.source = sender_;
    sample.metric = metric;
    sample.unit = unit;
    sample.kind = kind;
    sample.time = time_;
    return sample;
}

void Findings::sample(std::string_view metric, std::string_view unit, SeriesKind kind,
                      double value) {
    if (std::isfinite(value)) add(metric, unit, kind).value = value;
}

void Findings::count(std::string_view metric, std::string_view unit, SeriesKind kind,
                     std::int64_t value) {
    add(metric, unit, kind).value = value;
}

void Findings::gateway_increment(std::string_view metric) {
    if (packet_.gateway == 0) return;
    out_.samples.push_back({source_of(packet_.gateway), std::string(metric), "",
                            SeriesKind::Increment, packet_.time, std::int64_t{1}});
}

void Findings::gateway_fact(std::string_view name, std::string_view text) {
    if (packet_.gateway == 0 || text.empty()) return;
    note_of(source_of(packet_.gateway)).facts.emplace_back(name, text);
}

void Findings::position(telemetry::Position position) {
    position.source = sender_;
    out_.positions.push_back(std::move(position));
}

void Findings::event(std::string_view kind, Severity severity, std::string_view text,
                     std::string details) {
    out_.events.push_back(
        {sender_, time_, std::string(kind), severity, std::string(text), std::move(details)});
}

void Findings::traffic(std::string_view port) {
    // JSON may leave out whom it was for.
    if (packet_.to == 0) return;
    MeshPacket& seen = out_.packets.emplace_back();
    seen.from = packet_.from;
    seen.to = packet_.to;
    seen.id = packet_.id;
    seen.port = port;
    seen.channel = packet_.channel_number;
    seen.time = packet_.time;
    seen.bytes = std::max(packet_.payload.size(), packet_.encrypted.size());
    if (packet_.radio.snr_db) seen.snr_db = as_decimal(*packet_.radio.snr_db);
    seen.rssi_dbm = packet_.radio.rssi_dbm;
    // Map reports never were on the air.
    if (packet_.id != 0) seen.hop_limit = packet_.hop_limit;
    if (packet_.id != 0) seen.hop_start = packet_.hop_start;
    seen.want_ack = packet_.want_ack.value_or(false);
    seen.is_via_mqtt = packet_.is_via_mqtt.value_or(false);
}

void Findings::write_path(JsonWriter& json) const {
    if (packet_.id != 0) json.key("packet_id").integer(packet_.id);
    if (packet_.to != 0) json.key("to").text(node_text(packet_.to));
    if (packet_.gateway != 0) json.key("gateway").text(node_text(packet_.gateway));
    if (!packet_.channel.empty()) json.key("channel").text(packet_.channel);
    if (packet_.radio.snr_db) json.key("rx_snr").number(as_decimal(*packet_.radio.snr_db));
    if (packet_.radio.rssi_dbm) json.key("rx_rssi").integer(*packet_.radio.rssi_dbm);
    if (packet_.hops_away) json.key("hops_away").integer(*packet_.hops_away);
    if (packet_.is_via_mqtt) json.key("via_mqtt").boolean(*packet_.is_via_mqtt);
    json.key("ok_to_mqtt");
    packet_.consent == Consent::Unknown ? json.null()
                                        : json.boolean(packet_.consent == Consent::Yes);
}

}  // namespace martlet::telemetry::meshtastic
