// Any bytes as a PROXY header: the first byte says which version is expected and how the bytes are
// cut. The outcome does not depend on the cut, and nothing behind the header is taken.

#include "net/proxy_header.h"

#include "base/check.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

using martlet::ByteView;
using martlet::net::ProxyHeader;

namespace {

std::size_t feed(ProxyHeader& header, ByteView bytes, std::size_t piece) {
    std::size_t used = 0;
    while (header.state() == ProxyHeader::State::Open && used < bytes.size()) {
        ByteView next = bytes.subspan(used, std::min(piece, bytes.size() - used));
        std::size_t taken = header.take(next);
        CHECK(taken <= next.size());
        CHECK(taken == next.size() || header.state() != ProxyHeader::State::Open);
        used += taken;
    }
    return used;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    int version = 1 + (data[0] & 1);
    std::size_t piece = 1 + (data[0] >> 1);
    ByteView bytes(data + 1, size - 1);
    ProxyHeader whole(version), cut(version);
    std::size_t used = feed(whole, bytes, SIZE_MAX);
    std::size_t used_cut = feed(cut, bytes, piece);
    CHECK(whole.state() == cut.state());
    CHECK(whole.failure() == cut.failure());
    CHECK(used <= ProxyHeader::kBytesMax || whole.state() == ProxyHeader::State::Corrupt);
    if (whole.state() != ProxyHeader::State::Complete) return 0;
    CHECK(used == used_cut);
    CHECK(whole.client().address.has_value() == cut.client().address.has_value());
    CHECK(whole.client().common_name == cut.client().common_name);
    return 0;
}
