// Any text as an ACL file, any names and topics asked of it. The input: user name, client id and
// topic, a line each, then the file.

#include "auth/acl_file.h"
#include "base/check.h"
#include "mqtt/topic.h"

#include <cstdint>
#include <string_view>

namespace {

std::string_view take_line(std::string_view& rest) {
    auto end = rest.find('\n');
    auto line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace martlet;
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    auto user_name = take_line(rest);
    auto client_id = take_line(rest);
    auto topic = take_line(rest);
    auto acl = auth::AclFile::parse(rest, "F");
    if (!acl) return 0;
    const auto& file = acl.value();
    for (auto access : {auth::Access::Read, auth::Access::Write}) {
        auto decision = file.decide(user_name, client_id, access, topic);
        CHECK(!decision.is_allowed || decision.line != 0);
        auto told = file.explain(user_name, client_id, access, topic);
        CHECK(told.starts_with(decision.is_allowed ? "Allowed" : "Denied"));
    }
    bool is_readable = file.decide(user_name, client_id, auth::Access::Read, topic).is_allowed;
    bool may_reach = file.may_read_any(user_name, client_id, topic);
    if (is_readable && mqtt::is_valid_topic_name(topic)) {
        CHECK(may_reach);
        if (topic.front() != '$') CHECK(file.may_read_any(user_name, client_id, "#"));
    }
    return 0;
}
