#pragma once

// Keeps records as they come, to be asked for by kind.

#include "migrate/record_sink.h"

#include <map>
#include <vector>

namespace martlet::migrate {

class KeptRecords final : public RecordSink {
  public:
    explicit KeptRecords(journal::Key first_key = 1) : RecordSink(first_key) {}

    Status put(journal::Key key, const broker::Record& record) override {
        EXPECT_LT(key, next_key());
        EXPECT_EQ(values_.count(key), 0u) << "key " << key << " twice";
        std::vector<std::uint8_t>& value = values_[key];
        value.resize(broker::encoded_size(record));
        broker::encode(record, value.data());
        broker::Record back;
        EXPECT_TRUE(broker::decode(value, back));
        return Done{};
    }

    // By key, as views into what is kept.
    template <typename T>
    std::map<journal::Key, T> all() const {
        std::map<journal::Key, T> found;
        for (const auto& [key, value] : values_) {
            broker::Record record;
            broker::decode(value, record);
            if (const T* one = std::get_if<T>(&record)) found.emplace(key, *one);
        }
        return found;
    }
    template <typename T>
    T only() const {
        auto found = all<T>();
        EXPECT_EQ(found.size(), 1u);
        return found.empty() ? T() : found.begin()->second;
    }
    journal::Key session(std::string_view client_id) const {
        for (const auto& [key, session] : all<broker::SessionRecord>())
            if (session.client_id == client_id) return key;
        return 0;
    }
    // What waits for a session, in order.
    std::vector<std::string> payloads(std::string_view client_id) const {
        std::vector<std::string> found;
        auto shared = all<broker::MessageRecord>();
        for (const auto& [key, delivery] : all<broker::DeliveryRecord>()) {
            if (delivery.session != session(client_id)) continue;
            const auto& message =
                delivery.message_key != 0 ? shared.at(delivery.message_key) : delivery.message;
            found.emplace_back(as_text(message.payload));
        }
        return found;
    }
    std::size_t size() const { return values_.size(); }

  private:
    std::map<journal::Key, std::vector<std::uint8_t>> values_;
};

}  // namespace martlet::migrate
