// An HTTP connection: pieces of input, parted by the first byte of each (its length), with time
// that passes, answers and streamed bodies between them.

#include "http/json_body.h"
#include "tests/http/talk.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace martlet;
using namespace martlet::http;

class ThreePieces final : public BodySource {
  public:
    bool next(std::string& out) override {
        out += "piece";
        return --left_ > 0;
    }

  private:
    int left_ = 3;
};

// What every handler may rely on.
void check_request(const Request& request) {
    if (!request.path.starts_with('/')) __builtin_trap();
    if (request.path.find('\0') != std::string::npos) __builtin_trap();
    std::string path = request.path + "/";
    if (path.find("/../") != path.npos || path.find("/./") != path.npos) __builtin_trap();
    if (request.segments.empty() || request.headers.size() > 101) __builtin_trap();
    if (request.body.size() > 2000) __builtin_trap();
    read_json_object(request.body).ok();
}

void answer_one(Talk& talk, std::uint8_t how) {
    if (auto request = talk.asked()) {
        check_request(*request);
        Response response = Response::json("{}");
        if (how & 1) response.stream = std::make_unique<ThreePieces>();
        talk.answer(std::move(response));
    }
    if (talk.desk.sources.empty()) return;
    if (how == 13) {
        talk.desk.sources.clear();
        talk.connection.on_broken();
        return;
    }
    talk.feed_piece();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ParserLimits limits;
    limits.head_bytes_max = 1000;
    limits.body_bytes_max = 2000;
    Talk talk(limits);
    std::string_view input(reinterpret_cast<const char*>(data), size);
    while (!input.empty()) {
        auto step = static_cast<std::uint8_t>(input.front());
        input.remove_prefix(1);
        std::size_t length = std::min<std::size_t>(step >> 3, input.size());
        // A long piece, as most are.
        if (length == 31) length = std::min<std::size_t>(500, input.size());
        talk.say(input.substr(0, length));
        input.remove_prefix(length);
        if (step & 1) answer_one(talk, step >> 3);
        if (step & 2) talk.hear(100);
        if ((step & 7) == 4) talk.wait(1000);
        if ((step & 7) == 7) talk.connection.on_end();
    }
    // Whatever it was: it ends, and leaves nothing behind.
    for (int i = 0; i < 200 && !talk.connection.is_over(); i++) {
        answer_one(talk, 0);
        talk.hear();
        talk.wait(1000);
    }
    if (!talk.connection.is_over()) __builtin_trap();
    return 0;
}
