#pragma once

// What of the broker's state stands in the journal: one record for each session, subscription,
// queued message, packet id of QoS 2 and retained message. Opaque to the journal; named by a key
// that is never used twice. Numbers are little endian, times wall milliseconds since 1970 (steady
// time does not survive a restart). The first byte of a value is its kind. Any thread.

#include "base/bytes.h"
#include "journal/group.h"
#include "mqtt/types.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace martlet::broker {

enum class RecordKind : std::uint8_t {
    Session = 1,
    Subscription = 2,
    Message = 3,
    Delivery = 4,
    Sent = 5,
    Released = 6,
    Received = 7,
    Retained = 8,
};

// An application message. Views; owns nothing.
struct MessageRecord {
    mqtt::Qos qos = mqtt::Qos::AtMostOnce;
    bool retain = false;
    std::int64_t expires_at_ms = 0;  // 0: never
    std::string_view topic;
    ByteView properties;  // to be passed on, in wire form
    ByteView payload;
};

struct WillRecord {
    std::uint32_t delay_s = 0;
    std::uint32_t expiry_s = 0;  // 0: none
    MessageRecord message;
};

// A session that outlives its connection. Its key is what others name it by.
struct SessionRecord {
    std::string_view client_id;
    std::string_view user_name;
    // False: of a session that came from elsewhere, which did not say whose it is.
    bool is_user_known = true;
    std::uint32_t expiry_s = 0;   // UINT32_MAX: never
    std::uint16_t listener = 0;   // number of the listener by which it came last
    std::int64_t ends_at_ms = 0;  // offline since then, and over at this time; 0: not decided yet
    // Its messages with a key up to this one were sent; 0: none was. While it is open, because its
    // client is connected, the others may have been sent as well.
    journal::Key sent_through = 0;
    bool is_open = false;
    std::optional<WillRecord> will;
};

struct SubscriptionRecord {
    journal::Key session = 0;
    std::string_view filter;  // with its "$share/GROUP/"
    mqtt::Qos qos = mqtt::Qos::AtMostOnce;
    bool no_local = false;
    bool retain_as_published = false;
    std::uint32_t identifier = 0;  // 0: none
};

// A message for a session: waiting, or sent and not acknowledged. Those of one session are
// delivered in the order of their keys.
struct DeliveryRecord {
    journal::Key session = 0;
    // Where the message stands, when several sessions share it; 0: here.
    journal::Key message_key = 0;
    mqtt::Qos qos = mqtt::Qos::AtMostOnce;
    bool retain = false;
    std::uint32_t identifier = 0;
    // "GROUP/FILTER" of the share group that picked the session; empty: none. When the session's
    // record is gone the message belongs to the group again.
    std::string_view group;
    // The packet id of its PUBLISH; 0: an earlier version wrote the record, without one.
    std::uint16_t packet_id = 0;
    MessageRecord message;  // message_key == 0
};

// Towards a session: this packet id belongs to the delivery whose key is one less than this
// record's, and was sent. For QoS 2, and for QoS 1 that comes from elsewhere. Released: PUBREC has
// come, the delivery is gone.
struct SentRecord {
    journal::Key session = 0;
    std::uint16_t packet_id = 0;
};
struct ReleasedRecord {
    journal::Key session = 0;
    std::uint16_t packet_id = 0;
};

// QoS 2 from a session: received, PUBREL has not come yet.
struct ReceivedRecord {
    journal::Key session = 0;
    std::uint16_t packet_id = 0;
};

struct RetainedRecord {
    // Of two for one topic the greater number holds.
    std::uint64_t number = 0;
    bool has_origin = false;
    std::string_view origin_user;
    std::string_view origin_client;
    std::uint16_t origin_listener = 0;
    MessageRecord message;  // without a payload: nothing is retained any more
};

using Record = std::variant<SessionRecord, SubscriptionRecord, MessageRecord, DeliveryRecord,
                            SentRecord, ReleasedRecord, ReceivedRecord, RetainedRecord>;

std::size_t encoded_size(const Record& record);
// Writes encoded_size() bytes.
void encode(const Record& record, std::uint8_t* out);
// Appends the record to the group.
inline void put(journal::Group& group, journal::Key key, const Record& record) {
    encode(record, group.put(key, encoded_size(record)));
}
// False: not a sound record (only a bug or another program wrote it: the journal's checksum held).
// Views into `value`.
bool decode(ByteView value, Record& record);

}  // namespace martlet::broker
