#include "broker/records.h"

#include <cstring>
#include <type_traits>

namespace martlet::broker {

namespace {

// Writes or only measures: the same walk over a record serves both.
class Writer {
  public:
    explicit Writer(std::uint8_t* out) : out_(out) {}
    std::size_t size() const { return size_; }

    template <typename T>
    void number(T value) {
        static_assert(std::is_integral_v<T>);
        for (std::size_t i = 0; i < sizeof(T); i++)
            byte(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i)));
    }
    void bytes(ByteView view) {
        if (out_ != nullptr && !view.empty()) std::memcpy(out_ + size_, view.data(), view.size());
        size_ += view.size();
    }
    void text(std::string_view value) {
        number(static_cast<std::uint16_t>(value.size()));
        bytes(as_bytes(value));
    }
    void blob(ByteView value) {
        number(static_cast<std::uint32_t>(value.size()));
        bytes(value);
    }

  private:
    void byte(std::uint8_t value) {
        if (out_ != nullptr) out_[size_] = value;
        size_++;
    }
    std::uint8_t* out_;
    std::size_t size_ = 0;
};

class Reader {
  public:
    explicit Reader(ByteView bytes) : rest_(bytes) {}
    // Everything was there, and nothing is left.
    bool is_done() const { return is_sound_ && rest_.empty(); }
    bool is_sound() const { return is_sound_; }

    template <typename T>
    void number(T& value) {
        ByteView raw = take(sizeof(T));
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < raw.size(); i++) sum |= std::uint64_t{raw[i]} << (8 * i);
        value = static_cast<T>(sum);
    }
    void text(std::string_view& value) {
        std::uint16_t size = 0;
        number(size);
        value = as_text(take(size));
    }
    void blob(ByteView& value) {
        std::uint32_t size = 0;
        number(size);
        value = take(size);
    }

  private:
    ByteView take(std::size_t size) {
        if (!is_sound_ || rest_.size() < size) {
            is_sound_ = false;
            return {};
        }
        ByteView taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }
    ByteView rest_;
    bool is_sound_ = true;
};

// QoS and flags in one byte.
constexpr std::uint8_t kQosBits = 3, kRetainBit = 4, kNoLocalBit = 8, kAsPublishedBit = 16;
constexpr std::uint8_t kHasGroup = 32;
constexpr std::uint8_t kHasPacketIdBit = 8;  // of deliveries
constexpr std::uint8_t kHasWill = 1, kIsUserUnknown = 2, kIsOpen = 4, kHasSent = 8, kHasOrigin = 1;

std::uint8_t pack(mqtt::Qos qos, bool retain) {
    return static_cast<std::uint8_t>(static_cast<unsigned>(qos) | (retain ? kRetainBit : 0u));
}

bool unpack(std::uint8_t flags, mqtt::Qos& qos, bool& retain) {
    qos = static_cast<mqtt::Qos>(flags & kQosBits);
    retain = (flags & kRetainBit) != 0;
    return (flags & kQosBits) != 3;
}

void write(Writer& w, const MessageRecord& m) {
    w.number(pack(m.qos, m.retain));
    w.number(m.expires_at_ms);
    w.text(m.topic);
    w.blob(m.properties);
    w.blob(m.payload);
}
void write(Writer& w, const SessionRecord& s) {
    w.text(s.client_id);
    w.text(s.user_name);
    w.number(s.expiry_s);
    w.number(s.listener);
    w.number(s.ends_at_ms);
    w.number(static_cast<std::uint8_t>(
        (s.will ? kHasWill : 0u) | (s.is_user_known ? 0u : kIsUserUnknown) |
        (s.is_open ? kIsOpen : 0u) | (s.sent_through != 0 ? kHasSent : 0u)));
    if (s.sent_through != 0) w.number(s.sent_through);
    if (!s.will) return;
    w.number(s.will->delay_s);
    w.number(s.will->expiry_s);
    write(w, s.will->message);
}
void write(Writer& w, const SubscriptionRecord& s) {
    std::uint8_t flags = pack(s.qos, false);
    if (s.no_local) flags |= kNoLocalBit;
    if (s.retain_as_published) flags |= kAsPublishedBit;
    w.number(s.session);
    w.number(flags);
    w.number(s.identifier);
    w.text(s.filter);
}
void write(Writer& w, const DeliveryRecord& d) {
    std::uint8_t flags = pack(d.qos, d.retain);
    if (d.packet_id != 0) flags |= kHasPacketIdBit;
    w.number(d.session);
    w.number(d.message_key);
    if (!d.group.empty()) flags |= kHasGroup;
    w.number(flags);
    w.number(d.identifier);
    if (!d.group.empty()) w.text(d.group);
    if (d.packet_id != 0) w.number(d.packet_id);
    if (d.message_key == 0) write(w, d.message);
}
void write(Writer& w, const SentRecord& r) {
    w.number(r.session);
    w.number(r.packet_id);
}
void write(Writer& w, const ReleasedRecord& r) {
    w.number(r.session);
    w.number(r.packet_id);
}
void write(Writer& w, const ReceivedRecord& r) {
    w.number(r.session);
    w.number(r.packet_id);
}
void write(Writer& w, const RetainedRecord& r) {
    w.number(r.number);
    w.number(static_cast<std::uint8_t>(r.has_origin ? kHasOrigin : 0));
    if (r.has_origin) {
        w.text(r.origin_user);
        w.text(r.origin_client);
        w.number(r.origin_listener);
    }
    write(w, r.message);
}

bool read(Reader& r, MessageRecord& m) {
    std::uint8_t flags = 0;
    r.number(flags);
    r.number(m.expires_at_ms);
    r.text(m.topic);
    r.blob(m.properties);
    r.blob(m.payload);
    return unpack(flags, m.qos, m.retain) && r.is_sound();
}
bool read(Reader& r, SessionRecord& s) {
    std::uint8_t flags = 0;
    r.text(s.client_id);
    r.text(s.user_name);
    r.number(s.expiry_s);
    r.number(s.listener);
    r.number(s.ends_at_ms);
    r.number(flags);
    s.is_user_known = (flags & kIsUserUnknown) == 0;
    s.is_open = (flags & kIsOpen) != 0;
    if (flags & kHasSent) r.number(s.sent_through);
    if (!(flags & kHasWill)) return true;
    s.will.emplace();
    r.number(s.will->delay_s);
    r.number(s.will->expiry_s);
    return read(r, s.will->message);
}
bool read(Reader& r, SubscriptionRecord& s) {
    std::uint8_t flags = 0;
    r.number(s.session);
    r.number(flags);
    r.number(s.identifier);
    r.text(s.filter);
    s.no_local = (flags & kNoLocalBit) != 0;
    s.retain_as_published = (flags & kAsPublishedBit) != 0;
    bool retain = false;
    return unpack(flags, s.qos, retain);
}
bool read(Reader& r, DeliveryRecord& d) {
    std::uint8_t flags = 0;
    r.number(d.session);
    r.number(d.message_key);
    r.number(flags);
    r.number(d.identifier);
    if (flags & kHasGroup) r.text(d.group);
    bool has_packet_id = (flags & kHasPacketIdBit) != 0;
    if (has_packet_id) r.number(d.packet_id);
    if (!unpack(flags, d.qos, d.retain) || has_packet_id != (d.packet_id != 0)) return false;
    return d.message_key != 0 || read(r, d.message);
}
template <typename T>
bool read_packet_id(Reader& r, T& record) {
    r.number(record.session);
    r.number(record.packet_id);
    return record.packet_id != 0;
}
bool read(Reader& r, SentRecord& s) {
    return read_packet_id(r, s);
}
bool read(Reader& r, ReleasedRecord& s) {
    return read_packet_id(r, s);
}
bool read(Reader& r, ReceivedRecord& s) {
    return read_packet_id(r, s);
}
bool read(Reader& r, RetainedRecord& m) {
    std::uint8_t flags = 0;
    r.number(m.number);
    r.number(flags);
    m.has_origin = (flags & kHasOrigin) != 0;
    if (m.has_origin) {
        r.text(m.origin_user);
        r.text(m.origin_client);
        r.number(m.origin_listener);
    }
    return read(r, m.message);
}

// Record is in the order of RecordKind, which begins with 1.
RecordKind kind_of(const Record& record) {
    return static_cast<RecordKind>(record.index() + 1);
}

void write_all(Writer& writer, const Record& record) {
    writer.number(static_cast<std::uint8_t>(kind_of(record)));
    std::visit([&](const auto& r) { write(writer, r); }, record);
}

template <typename T>
bool read_as(ByteView value, Record& record) {
    Reader reader(value);
    T found;
    if (!read(reader, found) || !reader.is_done()) return false;
    record = found;
    return true;
}

}  // namespace

std::size_t encoded_size(const Record& record) {
    Writer measure(nullptr);
    write_all(measure, record);
    return measure.size();
}

void encode(const Record& record, std::uint8_t* out) {
    Writer writer(out);
    write_all(writer, record);
}

bool decode(ByteView value, Record& record) {
    if (value.empty()) return false;
    ByteView rest = value.subspan(1);
    switch (static_cast<RecordKind>(value[0])) {
        case RecordKind::Session:
            return read_as<SessionRecord>(rest, record);
        case RecordKind::Subscription:
            return read_as<SubscriptionRecord>(rest, record);
        case RecordKind::Message:
            return read_as<MessageRecord>(rest, record);
        case RecordKind::Delivery:
            return read_as<DeliveryRecord>(rest, record);
        case RecordKind::Sent:
            return read_as<SentRecord>(rest, record);
        case RecordKind::Released:
            return read_as<ReleasedRecord>(rest, record);
        case RecordKind::Received:
            return read_as<ReceivedRecord>(rest, record);
        case RecordKind::Retained:
            return read_as<RetainedRecord>(rest, record);
    }
    return false;
}

}  // namespace martlet::broker
