#include "tests/allocations/counters.h"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <dlfcn.h>
#include <pthread.h>

namespace martlet::allocations {

namespace {

std::atomic<std::uint64_t> allocations{0};
std::atomic<std::uint64_t> locks{0};
thread_local bool is_left_out = false;

void note(std::atomic<std::uint64_t>& counter) {
    if (!is_left_out) counter.fetch_add(1, std::memory_order_relaxed);
}

using Lock = int (*)(void*);

// Each has its own pointer; looked up at the first call.
int pass_on(std::atomic<Lock>& real, const char* name, void* lock) {
    Lock function = real.load(std::memory_order_relaxed);
    if (function == nullptr) {
        function = reinterpret_cast<Lock>(dlsym(RTLD_NEXT, name));
        real.store(function, std::memory_order_relaxed);
    }
    note(locks);
    return function(lock);
}

std::atomic<Lock> real_mutex{nullptr}, real_read{nullptr}, real_write{nullptr};

}  // namespace

Counts counts() {
    return {allocations.load(), locks.load()};
}
void leave_this_thread_out() {
    is_left_out = true;
}

}  // namespace martlet::allocations

using namespace martlet::allocations;

extern "C" {

void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) noexcept {
    note(allocations);
    return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
    note(allocations);
    return __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) noexcept {
    note(allocations);
    return __libc_realloc(old, size);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
    note(allocations);
    return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    return memalign(alignment, size);
}
int posix_memalign(void** result, std::size_t alignment, std::size_t size) noexcept {
    *result = memalign(alignment, size);
    return *result == nullptr ? ENOMEM : 0;
}

int pthread_mutex_lock(pthread_mutex_t* lock) noexcept {
    return pass_on(real_mutex, "pthread_mutex_lock", lock);
}
int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
    return pass_on(real_read, "pthread_rwlock_rdlock", lock);
}
int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
    return pass_on(real_write, "pthread_rwlock_wrlock", lock);
}
}
