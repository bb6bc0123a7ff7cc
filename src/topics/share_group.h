#pragma once

// One shared subscription ($share/NAME/FILTER): its members and whose turn it is. Lives in the
// group's home shard; members may live in any. One thread.

#include "base/slots.h"
#include "mqtt/packets.h"
#include "topics/interest.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::topics {

struct GroupMember {
    std::uint32_t shard = 0;
    SlotHandle session;
    mqtt::Qos qos = mqtt::Qos::AtMostOnce;
    bool retain_as_published = false;
    bool is_online = true;
    std::uint32_t subscription_identifier = 0;  // 0: none
    std::uint16_t number = 0;                   // of this group among those of the session; 0: none
    bool is_durable = false;                    // its session outlives its connection
    // When picked: the group outlives the process, so that the journal must know of the message.
    bool is_recorded = false;
};

class ShareGroup {
  public:
    explicit ShareGroup(std::string_view name) : name_(name) {}
    const std::string& name() const { return name_; }
    bool empty() const { return members_.empty(); }

    // Adds the member, or replaces its options.
    void join(const GroupMember& member);
    // Gives back the member as it was; nothing when it was none.
    std::optional<GroupMember> leave(std::uint32_t shard, SlotHandle session);
    void set_online(const GroupMember& member);
    // Whether a member outlives the process.
    bool has_durable() const { return durable_ > 0; }

    // The member whose turn it is: in rotation among those online; with none online, among those
    // offline that can queue. Those in shards that are `busy` are passed over. Null: nobody.
    const GroupMember* pick(ShardSet busy = 0);
    // Whether somebody could be picked if no shard were busy.
    bool has_takers() const;

  private:
    GroupMember* find(std::uint32_t shard, SlotHandle session);

    std::string name_;
    std::vector<GroupMember> members_;
    std::size_t turn_ = 0;
    std::size_t durable_ = 0;
};

}  // namespace martlet::topics
