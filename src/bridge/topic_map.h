#pragma once

// How a bridge's `topic` lines name topics on both sides: the filters to subscribe to, and a
// topic's name on the other side. Owned by a bridge; immutable. Any thread.

#include "bridge/options.h"
#include "mqtt/types.h"

#include <string>
#include <string_view>
#include <vector>

namespace martlet::bridge {

struct Filter {
    std::string text;  // perhaps with "$share/GROUP/"
    mqtt::Qos qos = mqtt::Qos::AtMostOnce;
};

class TopicMap {
  public:
    explicit TopicMap(const std::vector<Topic>& topics);

    // What the local side subscribes to (`out` and `both`), and what the bridge subscribes to at
    // the far end (`in` and `both`). Each filter once, with its highest QoS.
    const std::vector<Filter>& local_filters() const { return local_filters_; }
    const std::vector<Filter>& remote_filters() const { return remote_filters_; }

    // A local topic's name at the far end, and the reverse. False: no line concerns the topic. The
    // first line with a prefix that matches decides, as in mosquitto; then lines without prefixes.
    // `mapped` points to `topic` or to `storage`.
    bool to_remote(std::string_view topic, std::string& storage, std::string_view& mapped) const {
        return map(outgoing_, topic, storage, mapped);
    }
    bool to_local(std::string_view topic, std::string& storage, std::string_view& mapped) const {
        return map(incoming_, topic, storage, mapped);
    }

  private:
    struct Rule {
        std::string filter;  // without "$share/GROUP/"
        std::size_t stripped = 0;
        std::string added;
    };
    static bool map(const std::vector<Rule>& rules, std::string_view topic, std::string& storage,
                    std::string_view& mapped);
    void add(const Topic& topic);

    std::vector<Filter> local_filters_, remote_filters_;
    std::vector<Rule> outgoing_, incoming_;
};

}  // namespace martlet::bridge
