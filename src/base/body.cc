#include "base/body.h"

#include "base/check.h"

#include <cstdlib>
#include <new>

namespace martlet {

static_assert(sizeof(Body) == 8, "the head of a body is paid for each queued message");

Body* Body::make(std::size_t size) {
    CHECK(size <= UINT32_MAX);
    void* room = std::malloc(sizeof(Body) + size);
    CHECK(room != nullptr);
    return new (room) Body(static_cast<std::uint32_t>(size));
}

void Body::drop() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    this->~Body();
    std::free(this);
}

}  // namespace martlet
