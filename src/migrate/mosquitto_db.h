#pragma once

// What stands in mosquitto's persistence file (mosquitto.db), versions 3 to 6: mosquitto 1.4
// to 2.1. Only reads bytes; what to make of them is decided in convert.h. All texts and bytes are
// views into the file's bytes. Cold path; any thread.

#include "base/bytes.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::migrate {

inline constexpr std::uint32_t kDbVersionMin = 3;
inline constexpr std::uint32_t kDbVersionMax = 6;

// An application message, stored once for all who wait for it.
struct DbMessage {
    std::uint64_t store_id = 0;
    std::int64_t expires_at_s = 0;  // since 1970; 0: never
    std::string_view topic;
    ByteView payload;
    ByteView properties;  // a whole block of MQTT 5 with its length; empty: none
    std::string_view source_id;
    std::string_view source_user;
    std::uint16_t source_port = 0;  // of the listener by which it came; 0: not known
    std::uint8_t qos = 0;
    bool retain = false;
};

struct DbClient {
    std::string_view client_id;
    std::string_view user_name;
    std::int64_t ends_at_s = 0;  // since 1970; 0: not decided
    std::uint32_t expiry_interval_s =
        UINT32_MAX;  // UINT32_MAX: never; before version 5 there is none
    std::uint16_t last_mid = 0;
    std::uint16_t listener_port = 0;  // 0: not known
};

enum class DbDirection : std::uint8_t { In = 0, Out = 1 };

// What has happened to a message so far. mosquitto's numbers.
enum class DbState : std::uint8_t {
    Invalid = 0,
    PublishQos0 = 1,
    PublishQos1 = 2,
    WaitForPuback = 3,
    PublishQos2 = 4,
    WaitForPubrec = 5,
    ResendPubrel = 6,
    WaitForPubrel = 7,
    ResendPubcomp = 8,
    WaitForPubcomp = 9,
    SendPubrec = 10,
    Queued = 11,
};

// A message on its way to a client, or (QoS 2) from it.
struct DbClientMessage {
    std::string_view client_id;
    std::uint64_t store_id = 0;
    std::uint32_t subscription_identifier = 0;  // 0: none
    std::uint16_t mid = 0;
    std::uint8_t qos = 0;
    DbState state = DbState::Invalid;
    DbDirection direction = DbDirection::Out;
    bool retain = false;
    bool dup = false;
};

struct DbSubscription {
    std::string_view client_id;
    std::string_view filter;  // with its "$share/GROUP/"
    std::uint32_t identifier = 0;
    std::uint8_t qos = 0;
    bool no_local = false;
    bool retain_as_published = false;
};

// Each list in the order of the file.
struct MosquittoDb {
    std::uint32_t version = 0;
    std::vector<DbMessage> messages;
    std::vector<DbClient> clients;
    std::vector<DbClientMessage> client_messages;
    std::vector<DbSubscription> subscriptions;
    std::vector<std::uint64_t> retained;  // store ids
};

// Whether a file that begins so is mosquitto's.
bool is_mosquitto_db(ByteView begin);

// `file` is for messages. An error names the file, the offset and what is wrong there. Chunks of an
// unknown kind are left out, as mosquitto does.
Result<MosquittoDb> read_mosquitto_db(ByteView bytes, const std::string& file);

}  // namespace martlet::migrate
