#pragma once

// The allocator beyond malloc and free, as memory_limit needs it. The defaults are glibc's; the
// program that is linked with mimalloc sets its own functions before main() (src/mimalloc_heap.cc).
// Any thread, each for its own heap.

#include <cstdint>

namespace martlet {

struct HeapFunctions {
    // Bytes inside the calling thread's heap that are resident and not in use. With `give_back`,
    // whole pages that are free go back to the system first: costs a walk over the heap.
    std::uint64_t (*spare_bytes)(bool give_back);
    // From now on memory comes in huge pages: a fifth faster with much of it, but it does not go
    // back to the system.
    void (*use_huge_pages)();
    // Whether pages that become free go back to the system at once. Otherwise the allocator keeps
    // them a while, in case they are needed again: cheaper, but a thread that rests keeps them for
    // good. For the whole process; one thread calls it.
    void (*give_back_at_once)(bool is_on);
};

HeapFunctions& heap_functions();

}  // namespace martlet
