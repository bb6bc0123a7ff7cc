// Any text as a password file, and as one hash. What is accepted must have exactly one text, so
// that it is written back as it was read.

#include "auth/password_edit.h"
#include "auth/password_file.h"
#include "base/check.h"

#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace martlet;
    std::string_view text(reinterpret_cast<const char*>(data), size);
    auto hash = auth::PasswordHash::decode(text);
    if (hash) {
        CHECK(hash.value().encode() == text);
        CHECK(!hash.value().hash.empty());
    }
    auto file = auth::PasswordFile::parse(text, "F");
    if (file) CHECK((file.value().size() == 0) == (file.value().decoy() == nullptr));
    auto edited = auth::remove_user(text, "bob");
    if (!edited) return 0;
    CHECK(!auth::remove_user(edited.value(), "bob").ok());
    if (!file) return 0;
    auto again = auth::PasswordFile::parse(edited.value(), "F");
    CHECK(again.ok());
    CHECK(again.value().find("bob") == nullptr);
    return 0;
}
