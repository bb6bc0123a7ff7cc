#include "base/heap.h"

#include <malloc.h>

namespace martlet {

namespace {

// glibc counts for the whole process, not for a thread: what it keeps is given back instead.
std::uint64_t trim(bool give_back) {
    if (give_back) malloc_trim(0);
    return 0;
}

void do_nothing() {}
void do_nothing_with(bool) {}

}  // namespace

HeapFunctions& heap_functions() {
    static HeapFunctions functions{trim, do_nothing, do_nothing_with};
    return functions;
}

}  // namespace martlet
