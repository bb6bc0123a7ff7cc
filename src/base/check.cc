#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace martlet {

void check_failed(const char* what, const char* file, int line) {
    std::fprintf(stderr, "martlet: internal check failed: %s at %s:%d\n", what, file, line);
    std::abort();
}

}  // namespace martlet
