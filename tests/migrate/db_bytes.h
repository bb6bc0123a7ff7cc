#pragma once

// Builds a mosquitto.db of any version, chunk by chunk.

#include "migrate/mosquitto_db.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::migrate {

class DbBytes {
  public:
    explicit DbBytes(std::uint32_t version) : version_(version) {
        bytes_ = std::string("\x00\xB5\x00mosquitto db", 15);
        bytes_ += big(std::uint32_t{0}) + big(version);
        if (is_old())
            chunk(1, std::string("\x01\x08", 2) + little(std::uint64_t{9}));
        else
            chunk(1, little(std::uint64_t{9}) + std::string("\x01\x08\0\0\0\0\0\0", 8));
    }

    ByteView view() const { return as_bytes(bytes_); }
    const std::string& text() const { return bytes_; }
    std::size_t size() const { return bytes_.size(); }

    DbBytes& message(const DbMessage& m) {
        if (!is_old()) {
            std::string fixed = little(m.store_id) + little(m.expires_at_s) +
                                big(static_cast<std::uint32_t>(m.payload.size())) +
                                big(std::uint16_t{7}) + size16(m.source_id) +
                                size16(m.source_user) + size16(m.topic) + big(m.source_port) +
                                big(m.qos) + flag(m.retain);
            return chunk(2, fixed + text_of(m.source_id) + text_of(m.source_user) +
                                text_of(m.topic) + std::string(as_text(m.payload)) +
                                std::string(as_text(m.properties)));
        }
        std::string source = little(m.store_id) + sized(m.source_id);
        if (version_ == 4) source += sized(m.source_user) + big(m.source_port);
        return chunk(2, source + big(std::uint16_t{7}) + big(std::uint16_t{0}) + sized(m.topic) +
                            big(m.qos) + flag(m.retain) +
                            big(static_cast<std::uint32_t>(m.payload.size())) +
                            std::string(as_text(m.payload)));
    }

    DbBytes& client(const DbClient& c, std::size_t time_bytes = 8) {
        if (is_old())
            return chunk(6, sized(c.client_id) + big(c.last_mid) + std::string(time_bytes, '\x11'));
        std::string fixed =
            little(c.ends_at_s) + big(c.expiry_interval_s) + big(c.last_mid) + size16(c.client_id);
        if (version_ == 6)
            fixed += big(c.listener_port) + size16(c.user_name) + std::string(4, '\0');
        return chunk(6, fixed + text_of(c.client_id) +
                            (version_ == 6 ? text_of(c.user_name) : std::string()));
    }

    DbBytes& client_message(const DbClientMessage& m) {
        auto state = static_cast<std::uint8_t>(m.state);
        auto direction = static_cast<std::uint8_t>(m.direction);
        if (is_old())
            return chunk(3, sized(m.client_id) + little(m.store_id) + big(m.mid) + big(m.qos) +
                                flag(m.retain) + big(direction) + big(state) + flag(m.dup));
        auto flags = static_cast<std::uint8_t>((m.retain ? 0x10 : 0) | (m.dup ? 1 : 0));
        std::string properties;
        if (m.subscription_identifier != 0) {
            properties = std::string("\x02\x0B", 2) +
                         big(static_cast<std::uint8_t>(m.subscription_identifier));
        }
        return chunk(3, little(m.store_id) + big(m.mid) + size16(m.client_id) + big(m.qos) +
                            big(state) + big(flags) + big(direction) + text_of(m.client_id) +
                            properties);
    }

    DbBytes& subscription(const DbSubscription& s) {
        if (is_old()) return chunk(5, sized(s.client_id) + sized(s.filter) + big(s.qos));
        auto options =
            static_cast<std::uint8_t>((s.no_local ? 4 : 0) | (s.retain_as_published ? 8 : 0));
        return chunk(5, big(s.identifier) + size16(s.client_id) + size16(s.filter) + big(s.qos) +
                            big(options) + std::string(2, '\0') + text_of(s.client_id) +
                            text_of(s.filter));
    }

    DbBytes& retain(std::uint64_t store_id) { return chunk(4, little(store_id)); }

    DbBytes& chunk(std::uint32_t kind, const std::string& data) {
        auto length = static_cast<std::uint32_t>(data.size());
        bytes_ += is_old() ? big(static_cast<std::uint16_t>(kind)) : big(kind);
        bytes_ += big(length) + data;
        return *this;
    }

    template <typename T>
    static std::string big(T value) {
        std::string out;
        for (std::size_t i = sizeof(T); i-- > 0;)
            out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
        return out;
    }
    template <typename T>
    static std::string little(T value) {
        std::string out;
        for (std::size_t i = 0; i < sizeof(T); i++)
            out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
        return out;
    }

  private:
    bool is_old() const { return version_ <= 4; }
    static std::string flag(bool value) { return std::string(1, value ? '\1' : '\0'); }
    static std::string text_of(std::string_view text) { return std::string(text); }
    static std::string size16(std::string_view text) {
        return big(static_cast<std::uint16_t>(text.size()));
    }
    static std::string sized(std::string_view text) { return size16(text) + text_of(text); }

    std::uint32_t version_;
    std::string bytes_;
};

inline DbMessage make_message(std::uint64_t store_id, std::string_view topic,
                              std::string_view payload, std::uint8_t qos = 1) {
    DbMessage message;
    message.store_id = store_id;
    message.topic = topic;
    message.payload = as_bytes(payload);
    message.source_id = "source";
    message.qos = qos;
    return message;
}

inline DbClient make_client(std::string_view client_id) {
    DbClient client;
    client.client_id = client_id;
    return client;
}

inline DbClientMessage make_entry(std::string_view client_id, std::uint64_t store_id,
                                  std::uint8_t qos, DbState state, std::uint16_t mid = 0) {
    DbClientMessage entry;
    entry.client_id = client_id;
    entry.store_id = store_id;
    entry.qos = qos;
    entry.state = state;
    entry.mid = mid;
    return entry;
}

inline DbSubscription make_subscription(std::string_view client_id, std::string_view filter,
                                        std::uint8_t qos = 1) {
    DbSubscription subscription;
    subscription.client_id = client_id;
    subscription.filter = filter;
    subscription.qos = qos;
    return subscription;
}

}  // namespace martlet::migrate
