#pragma once

// CHECK(x): stays on in release; for our own mistakes only, never for bytes from a network, a disk
// or a person. DCHECK(x): the same where the test is too dear for release. Any thread.

namespace martlet {

[[noreturn]] void check_failed(const char* what, const char* file, int line);

}  // namespace martlet

#define CHECK(x) (static_cast<bool>(x) ? void(0) : ::martlet::check_failed(#x, __FILE__, __LINE__))

#ifdef NDEBUG
#define DCHECK(x) void(sizeof(static_cast<bool>(x)))
#else
#define DCHECK(x) CHECK(x)
#endif
