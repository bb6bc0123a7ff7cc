#pragma once

// Immutable bytes with a reference count, in one allocation: what outlives a turn without being
// copied (a message in a queue, a large frame on its way to many sockets). Filled by whoever made
// it, before it is shared; after that any thread may hold, read and drop it.

#include "base/bytes.h"

#include <atomic>
#include <cstdint>
#include <utility>

namespace martlet {

class Body {
  public:
    // Uninitialised room for `size` bytes, one reference. Aborts when the machine has no memory
    // left.
    static Body* make(std::size_t size);

    std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(this + 1); }
    const std::uint8_t* data() const { return reinterpret_cast<const std::uint8_t*>(this + 1); }
    std::size_t size() const { return size_; }
    ByteView view() const { return {data(), size_}; }

    void hold() { references_.fetch_add(1, std::memory_order_relaxed); }
    void drop();
    bool is_unique() const { return references_.load(std::memory_order_acquire) == 1; }

  private:
    explicit Body(std::uint32_t size) : references_(1), size_(size) {}

    std::atomic<std::uint32_t> references_;
    std::uint32_t size_;
};

// A counted hold on a Body. Copying is an atomic addition: pass by reference or move where one hold
// is enough.
class BodyRef {
  public:
    BodyRef() = default;
    static BodyRef adopt(Body* body) { return BodyRef(body); }
    BodyRef(const BodyRef& other) : body_(other.body_) {
        if (body_) body_->hold();
    }
    BodyRef(BodyRef&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
    BodyRef& operator=(BodyRef other) noexcept {
        std::swap(body_, other.body_);
        return *this;
    }
    ~BodyRef() {
        if (body_) body_->drop();
    }

    explicit operator bool() const { return body_ != nullptr; }
    Body* get() const { return body_; }
    Body* operator->() const { return body_; }
    // Gives the hold away: the caller must drop() it.
    Body* release() { return std::exchange(body_, nullptr); }

  private:
    explicit BodyRef(Body* body) : body_(body) {}
    Body* body_ = nullptr;
};

}  // namespace martlet
