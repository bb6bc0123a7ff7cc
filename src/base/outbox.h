#pragma once

// The bytes on their way to one peer: small ones copied into chunks, large ones referenced. Owned
// by a connection, which holds no memory while it is empty. Chunks come from and go back to a pool
// of the thread. One thread.

#include "base/body.h"
#include "base/bytes.h"

#include <cstdint>
#include <cstring>
#include <sys/uio.h>

namespace martlet {

class Outbox {
  public:
    Outbox() = default;
    ~Outbox() { clear(); }
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;

    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }

    // Room for `size` contiguous bytes, all of which the caller must fill before anything else is
    // called.
    std::uint8_t* extend(std::size_t size) {
        if (tail_ == nullptr || tail_->body != nullptr || tail_->capacity - tail_->end < size)
            add_chunk(size);
        std::uint8_t* room = tail_->bytes() + tail_->end;
        tail_->end += static_cast<std::uint32_t>(size);
        size_ += size;
        return room;
    }

    // Puts bytes before all others. Few of them, in front of bytes that were copied, cost no chunk.
    void prepend(ByteView bytes);

    void append(ByteView bytes) {
        if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
    }

    // References `bytes`, which must lie inside `body`.
    void append_shared(Body* body, ByteView bytes);

    // Describes the first bytes in at most `count` pieces; returns how many were filled.
    std::size_t gather(iovec* pieces, std::size_t count) const;
    // Forgets the first `size` bytes.
    void consume(std::size_t size);
    void clear();
    // Drops what this outbox holds behind the packet that it is writing: what is left ends with a
    // whole packet. `begun`: bytes at the front that are on their way already, as part of a TLS
    // record; they stay. Each append() and extend() must have been a packet, or the head of one
    // whose rest was shared.
    void drop_unbegun(std::size_t begun = 0);

    // Free chunks of the calling thread go back to the allocator.
    static void give_back_spare();

  private:
    struct Chunk {
        Chunk* next;
        Body* body;  // set: the bytes are body's, at `shared`
        const std::uint8_t* shared;
        std::uint32_t begin, end, capacity;
        std::uint32_t pool;
        std::uint8_t* bytes() { return reinterpret_cast<std::uint8_t*>(this + 1); }
        const std::uint8_t* start() const {
            return (body ? shared : reinterpret_cast<const std::uint8_t*>(this + 1)) + begin;
        }
    };
    friend struct ChunkPool;

    // Left free at the front of each chunk of copied bytes, for prepend().
    static constexpr std::uint32_t kHeadroom = 16;

    void add_chunk(std::size_t size);
    void link(Chunk* chunk);
    void pop_head();

    Chunk* head_ = nullptr;
    Chunk* tail_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace martlet
