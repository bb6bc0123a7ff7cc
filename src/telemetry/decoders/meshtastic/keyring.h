#pragma once

// The channel keys that are known, and which of them may have encrypted a packet. The default key
// is always there. Made once from the configuration; then one thread at a time.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry::meshtastic {

struct ChannelKey {
    std::string channel;  // empty: of any channel
    std::string key;      // 16 or 32 bytes
};

class Keyring {
  public:
    Keyring();

    // "NAME BASE64" or "BASE64", as the channel settings show it; "AQ==" is the default key. Empty:
    // fine. Otherwise what is wrong, without the key.
    std::string add(std::string_view name_and_key);

    // Those that may fit, the channel's own first. `hash` is what the packet carries of name and
    // key: 8 bits, so that collisions are common. Views until the next add().
    void candidates(std::string_view channel, std::uint32_t hash,
                    std::vector<const ChannelKey*>& out) const;

  private:
    std::vector<ChannelKey> keys_;
};

std::uint8_t channel_hash(std::string_view channel, std::string_view key);

}  // namespace martlet::telemetry::meshtastic
