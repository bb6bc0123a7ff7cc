#pragma once

// The work of convert(), spread over sessions (convert.cc), queues (convert_queues.cc) and messages
// that mosquitto had taken but not passed on (convert_received.cc). Lives for one call.

#include "base/hash_map.h"
#include "migrate/convert.h"

#include <map>
#include <string_view>
#include <vector>

namespace martlet::migrate {

class Conversion {
  public:
    Conversion(const MosquittoDb& db, const ConvertOptions& options, RecordSink& sink)
        : db_(db), options_(options), sink_(sink) {}

    Result<Counts> run();

  private:
    // A message of the file, and what is needed to write it.
    struct Stored {
        const DbMessage* message = nullptr;
        std::vector<std::uint8_t> properties;  // those that are passed on
        std::uint32_t receivers = 0;
        journal::Key key = 0;  // of its own record, which sessions share; 0: not written
    };
    struct SessionState {
        journal::Key key = 0;
        // Packet ids of QoS 2, from us and from the client.
        HashSet<std::uint16_t> sent;
        HashSet<std::uint16_t> received;
    };
    // How a message goes to one session.
    struct Receiver {
        journal::Key session = 0;
        std::uint8_t qos = 0;
        bool retain = false;
        std::uint32_t identifier = 0;
    };

    void index_messages();
    void count_receivers();
    void collect_stray_names();
    bool is_user_known(const DbClient& client) const;
    Status write_sessions();
    Status write_session(const DbClient& client);
    Status write_subscriptions();
    Status write_retained();

    Status write_queues();
    Status write_outgoing(SessionState& session, const DbClientMessage& entry);
    Status write_delivery(Stored& stored, const Receiver& receiver, journal::Key key);

    Status write_received();
    Status pass_on(const DbClientMessage& entry, Stored& stored);
    std::vector<const DbSubscription*> subscriptions_for(const DbClientMessage& entry,
                                                         std::string_view topic);

    SessionState* session_of(std::string_view client_id);
    // Null, and counted, when there is none.
    Stored* message_of(std::uint64_t store_id);
    bool is_over(const DbMessage& message) const;
    broker::MessageRecord record_of(const Stored& stored) const;
    std::uint16_t listener_of(std::uint16_t port) const;

    const MosquittoDb& db_;
    const ConvertOptions& options_;
    RecordSink& sink_;
    Counts counts_;
    HashMap<std::uint64_t, Stored> messages_;
    HashSet<std::string_view> stray_names_;
    TextMap<SessionState> sessions_;
    // By topic, so that the newest of a topic holds.
    std::map<std::string_view, const Stored*> retained_;
};

}  // namespace martlet::migrate
