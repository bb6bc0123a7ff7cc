// AclFile::decide() stands on the path of each message: it must not allocate.

#include "auth/acl_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

namespace {
thread_local std::size_t allocations = 0;
}

[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    std::abort();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace martlet::auth {
namespace {

TEST(AclAllocation, decides_without_allocating) {
    auto parsed = AclFile::parse(
        "topic read open/#\nuser a-user-with-a-long-name-that-fits-no-small-string\n"
        "topic deny a/+/c\ntopic read a/#\npattern deny in/%u/%c/x/#\npattern write in/%u/%c/#\n",
        "F");
    ASSERT_TRUE(parsed.ok());
    const auto& acl = parsed.value();
    constexpr std::string_view kUser = "a-user-with-a-long-name-that-fits-no-small-string";
    constexpr std::string_view kId = "a-client-id-with-a-long-name-that-fits-no-small-string";
    std::string own = "in/" + std::string(kUser) + "/" + std::string(kId) + "/y";
    std::size_t before = allocations;
    bool is_allowed = acl.decide(kUser, kId, Access::Write, own).is_allowed;
    is_allowed = is_allowed && acl.decide(kUser, kId, Access::Read, "a/b").is_allowed;
    is_allowed = is_allowed && acl.decide("", kId, Access::Read, "open/x").is_allowed;
    bool is_denied = !acl.decide(kUser, kId, Access::Read, "a/b/c").is_allowed;
    is_denied = is_denied && !acl.decide("nobody", kId, Access::Read, "a/b").is_allowed;
    std::size_t after = allocations;
    EXPECT_EQ(after - before, 0U);
    EXPECT_TRUE(is_allowed);
    EXPECT_TRUE(is_denied);
    EXPECT_GT(before, 0U);
}

}  // namespace
}  // namespace martlet::auth
