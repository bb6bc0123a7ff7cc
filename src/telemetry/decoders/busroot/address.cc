#include "telemetry/decoders/busroot/address.h"

#include "telemetry/topic_levels.h"

#include <algorithm>
#include <span>
#include <vector>

namespace martlet::telemetry::busroot {

namespace {

using Levels = std::span<const std::string_view>;

// The levels after "dau".
Address raw_address(Levels levels) {
    if (levels.empty() || levels[0].empty()) return {};
    bool has_account = levels.size() > 1 && !levels[1].empty();
    return {Address::Kind::RawData, has_account ? levels[0] : std::string_view(),
            has_account ? levels[1] : levels[0]};
}

Address signal_address(Address::Kind kind, std::string_view account, std::string_view name) {
    if (account.empty() || name.empty()) return {};
    return {kind, account, name};
}

}  // namespace

Address address_of(std::string_view topic) {
    auto all = topic_levels(topic);
    auto begin = std::find(all.begin(), all.end(), "busroot");
    Levels levels(begin, all.end());
    if (levels.size() < 3) return {};
    bool is_v1 = levels[1] == "v1";
    if (!is_v1 && levels[1] != "v2") return {};
    if (levels[2] == "dau") return raw_address(levels.subspan(3));
    if (is_v1 && levels.size() == 4)
        return signal_address(Address::Kind::Device, levels[2], levels[3]);
    if (!is_v1 && levels.size() == 5 && levels[3] == "signals")
        return signal_address(Address::Kind::Station, levels[2], levels[4]);
    return {};
}

}  // namespace martlet::telemetry::busroot
