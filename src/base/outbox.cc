#include "base/outbox.h"

#include "base/check.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

namespace martlet {

// Free chunks of three sizes: one for references, one for a few small packets, one for bulk.
// Bounded: what is over goes back to the allocator.
struct ChunkPool {
    static constexpr std::uint32_t kUnpooled = 3;
    static constexpr std::uint32_t kCapacity[3] = {0, 2048 - sizeof(Outbox::Chunk),
                                                   16384 - sizeof(Outbox::Chunk)};
    static constexpr std::uint32_t kKept[3] = {1024, 2048, 512};

    Outbox::Chunk* free[3] = {};
    std::uint32_t kept[3] = {};

    ~ChunkPool() { empty(); }

    void empty() {
        for (std::size_t i = 0; i < std::size(free); i++) {
            while (free[i] != nullptr) std::free(std::exchange(free[i], free[i]->next));
            kept[i] = 0;
        }
    }

    Outbox::Chunk* take(std::uint32_t pool, std::size_t capacity) {
        if (pool != kUnpooled) {
            capacity = kCapacity[pool];
            if (Outbox::Chunk* chunk = free[pool]) {
                free[pool] = chunk->next;
                kept[pool]--;
                return chunk;
            }
        }
        auto* chunk = static_cast<Outbox::Chunk*>(std::malloc(sizeof(Outbox::Chunk) + capacity));
        CHECK(chunk != nullptr);
        chunk->capacity = static_cast<std::uint32_t>(capacity);
        chunk->pool = pool;
        return chunk;
    }

    void give(Outbox::Chunk* chunk) {
        std::uint32_t pool = chunk->pool;
        if (pool == kUnpooled || kept[pool] == kKept[pool]) return std::free(chunk);
        chunk->next = free[pool];
        free[pool] = chunk;
        kept[pool]++;
    }
};

namespace {

ChunkPool& chunk_pool() {
    thread_local ChunkPool pool;
    return pool;
}

}  // namespace

void Outbox::append_shared(Body* body, ByteView bytes) {
    Chunk* chunk = chunk_pool().take(0, 0);
    body->hold();
    chunk->body = body;
    chunk->shared = bytes.data();
    chunk->begin = 0;
    chunk->end = static_cast<std::uint32_t>(bytes.size());
    link(chunk);
    size_ += bytes.size();
}

void Outbox::prepend(ByteView bytes) {
    if (bytes.empty()) return;
    auto size = static_cast<std::uint32_t>(bytes.size());
    if (head_ == nullptr || head_->body != nullptr || head_->begin < size) {
        Chunk* chunk = chunk_pool().take(1, size);
        CHECK(chunk->capacity >= size);
        chunk->body = nullptr;
        chunk->begin = chunk->end = size;
        chunk->next = head_;
        head_ = chunk;
        if (tail_ == nullptr) tail_ = chunk;
    }
    head_->begin -= size;
    std::memcpy(head_->bytes() + head_->begin, bytes.data(), size);
    size_ += size;
}

std::size_t Outbox::gather(iovec* pieces, std::size_t count) const {
    std::size_t used = 0;
    for (const Chunk* chunk = head_; chunk != nullptr && used < count; chunk = chunk->next) {
        pieces[used].iov_base = const_cast<std::uint8_t*>(chunk->start());
        pieces[used].iov_len = chunk->end - chunk->begin;
        used++;
    }
    return used;
}

void Outbox::consume(std::size_t size) {
    DCHECK(size <= size_);
    size_ -= size;
    while (size > 0) {
        std::size_t here = head_->end - head_->begin;
        if (size < here) {
            head_->begin += static_cast<std::uint32_t>(size);
            return;
        }
        size -= here;
        pop_head();
    }
    // A chunk that was opened and never filled would be kept by an idle connection.
    while (size_ == 0 && head_ != nullptr) pop_head();
}

void Outbox::clear() {
    while (head_ != nullptr) pop_head();
    size_ = 0;
}

// A packet begins with every chunk of its own bytes behind the first: extend() never splits one,
// and what is shared follows its head.
void Outbox::drop_unbegun(std::size_t begun) {
    if (head_ == nullptr) return;
    Chunk* last = head_;
    std::size_t kept = last->end - last->begin;
    while (last->next != nullptr && (kept < begun || last->next->body != nullptr)) {
        last = last->next;
        kept += last->end - last->begin;
    }
    Chunk* rest = std::exchange(last->next, nullptr);
    tail_ = last;
    size_ = kept;
    while (rest != nullptr) {
        Chunk* chunk = std::exchange(rest, rest->next);
        if (chunk->body != nullptr) chunk->body->drop();
        chunk_pool().give(chunk);
    }
}

void Outbox::give_back_spare() {
    chunk_pool().empty();
}

void Outbox::add_chunk(std::size_t size) {
    std::uint32_t pool = head_ == nullptr ? 1 : 2;
    std::size_t room = kHeadroom + size;
    while (pool < ChunkPool::kUnpooled && ChunkPool::kCapacity[pool] < room) pool++;
    Chunk* chunk = chunk_pool().take(pool, room);
    chunk->body = nullptr;
    chunk->begin = chunk->end = kHeadroom;
    link(chunk);
}

void Outbox::link(Chunk* chunk) {
    chunk->next = nullptr;
    (tail_ ? tail_->next : head_) = chunk;
    tail_ = chunk;
}

void Outbox::pop_head() {
    Chunk* chunk = head_;
    head_ = chunk->next;
    if (head_ == nullptr) tail_ = nullptr;
    if (chunk->body != nullptr) chunk->body->drop();
    chunk_pool().give(chunk);
}

}  // namespace martlet
