#pragma once

// What is remembered of each LOWI: which one speaks on a topic, and of its channels the scale of
// the current and the tariff. Bounded: the gateway that was silent longest is forgotten. Owned by
// the decoder; one thread at a time.

#include "telemetry/decoders/lowi/current.h"
#include "telemetry/decoders/lowi/recognise.h"
#include "telemetry/decoders/recent.h"
#include "telemetry/words.h"

#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry::lowi {

inline constexpr std::size_t kGatewaysMax = 4'096;
inline constexpr std::size_t kChannelsMax = 64;  // of each gateway

struct Channel {
    std::string name;  // "CH0"
    CurrentScale current;
    int tariff = -1;  // as last told in words; -1: not yet
    Time tariff_told = 0;
};

class Gateways {
  public:
    // The id of the gateway: `ident`, else the one that is known for the topic, else a name made of
    // the topic. Empty: several gateways share the topic, and nothing tells which one this is.
    std::string id_of(const Place& place, const std::string& ident);

    // The memory of a channel; past the bound one that is forgotten with the next call.
    Channel& channel(const std::string& id, std::string_view name);

  private:
    struct Root {
        std::string id;
        bool is_shared = false;
    };
    void remember(std::string_view root, const std::string& ident);
    std::string id_of_topic(const Place& place) const;

    Recent<Root> roots_{kGatewaysMax};  // by topic without the channel
    Recent<std::vector<Channel>> gateways_{kGatewaysMax};
    Channel passing_;
};

}  // namespace martlet::telemetry::lowi
