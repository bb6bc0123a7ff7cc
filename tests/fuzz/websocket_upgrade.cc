// Any bytes as an upgrade to WebSocket, in pieces: the first byte says how they are cut, and
// whether origins are compared. The verdict does not depend on the cut, and an answer has no line
// that the client chose.

#include "http/websocket_upgrade.h"

#include "base/check.h"
#include "http/head.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace martlet;
using namespace martlet::http;
using State = RequestParser::State;

struct Verdict {
    State state = State::Head;
    Upgrade upgrade;
    std::size_t used = 0;
};

Verdict ask(std::string_view input, std::size_t piece, const std::vector<std::string>& origins) {
    RequestParser parser(upgrade_limits(1000));
    Verdict verdict;
    std::size_t came = 0;
    while (parser.state() == State::Head && came < input.size()) {
        came += std::min(piece, input.size() - came);
        verdict.used += parser.feed(as_bytes(input.substr(verdict.used, came - verdict.used)));
        CHECK(verdict.used <= came);
        // A head that is not whole is bounded.
        CHECK(parser.state() != State::Head || came - verdict.used <= 1128);
    }
    verdict.state = parser.state();
    verdict.upgrade = judge_upgrade(parser, origins);
    return verdict;
}

void check_answer(const Upgrade& upgrade) {
    std::string answer;
    if (upgrade.is_accepted()) {
        CHECK(upgrade.accept.size() == 28 && upgrade.problem.empty());
        CHECK(upgrade.protocol.empty() || upgrade.protocol == "mqtt" ||
              upgrade.protocol == "mqttv3.1");
        write_upgrade(upgrade, answer);
        auto lines = std::count(answer.begin(), answer.end(), '\n');
        CHECK(lines == (upgrade.protocol.empty() ? 5 : 6));
        return;
    }
    CHECK(upgrade.status >= 400 && !upgrade.problem.empty());
    Response response = refuse_upgrade(upgrade);
    write_head(response, {}, answer);
    CHECK(answer.find("\r\n\r\n") == answer.size() - 4);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > 10'000) return 0;
    std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    std::vector<std::string> origins;
    if (data[0] & 1) origins = {"https://page.example"};
    Verdict whole = ask(input, input.size() + 1, origins);
    check_answer(whole.upgrade);
    Verdict cut = ask(input, 1 + data[0] / 2u, origins);
    CHECK(cut.upgrade.is_accepted() == whole.upgrade.is_accepted());
    if (!whole.upgrade.is_accepted()) return 0;
    CHECK(cut.used == whole.used);
    CHECK(cut.upgrade.accept == whole.upgrade.accept);
    CHECK(cut.upgrade.protocol == whole.upgrade.protocol);
    return 0;
}
