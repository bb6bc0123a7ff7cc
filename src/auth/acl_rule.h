#pragma once

// One `topic` or `pattern` line of an ACL file, its filter cut into pieces ahead of time so that
// matching a topic is a few comparisons and no allocation. Immutable once made; any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::auth {

enum class Access : std::uint8_t { Read = 1, Write = 2 };

// Who asks. An empty user name is an anonymous client.
struct Client {
    std::string_view user_name;
    std::string_view client_id;
};

enum class Placeholders : std::uint8_t { Literal, Substituted };

class AclRule {
  public:
    // `filter` is a valid topic filter. With Substituted, levels that are exactly %u or %c stand
    // for the client's own name and id.
    AclRule(std::string filter, Placeholders placeholders);

    // [MQTT-4.7.2-1] holds here too: only a filter that begins with '$' itself matches a topic that
    // does, whatever is substituted.
    bool matches(const Client& client, std::string_view topic) const;
    // The filter with the client's values in place. False: it matches nothing for this client.
    bool filter_for(const Client& client, std::string& filter) const;

    bool allows(Access access) const {
        return !is_deny && (access_bits & static_cast<std::uint8_t>(access)) != 0;
    }
    bool has_placeholder() const { return has_placeholder_; }
    const std::string& filter() const { return filter_; }

    // Bits of Access; 0 for a deny line.
    std::uint8_t access_bits = 0;
    bool is_deny = false;
    std::uint32_t line = 0;
    // The line as it stands in the file.
    std::string line_text;

  private:
    enum class Kind : std::uint8_t { Text, AnyLevel, Rest, Everything, UserName, ClientId };
    // Text: filter_[begin, begin + size), with the slashes in it.
    struct Piece {
        Kind kind;
        std::uint32_t begin = 0;
        std::uint32_t size = 0;
    };

    void cut(Placeholders placeholders);
    void cut_level(Kind kind, std::size_t begin, std::size_t& text_begin);
    void add_text(std::size_t begin, std::size_t end);

    std::string filter_;
    std::vector<Piece> pieces_;
    bool has_placeholder_ = false;
};

}  // namespace martlet::auth
