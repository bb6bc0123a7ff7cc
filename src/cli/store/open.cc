#include "base/text.h"
#include "cli/store/commands.h"
#include "migrate/files.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace martlet::cli {

namespace {

// A look must not make the folder that it looks for.
Status check_place(const std::string& path) {
    auto kind = migrate::kind_of(path);
    if (!kind) return kind.error();
    if (kind.value() == migrate::FileKind::Folder) return Done{};
    if (kind.value() == migrate::FileKind::Missing)
        return Error{fmt::format("Error: There is no journal at {}.", path)};
    return Error{fmt::format("Error: {} is not a journal of Martlet: it is no folder.", path)};
}

Result<std::unique_ptr<journal::Folder>> folder_of(const StorePlace& place) {
    Status is_there = check_place(place.path);
    if (!is_there) return is_there.error();
    return journal::open_folder(place.path);
}

}  // namespace

Result<std::unique_ptr<journal::Log>> open_store(const StorePlace& place) {
    auto folder = folder_of(place);
    if (!folder) return folder.error();
    journal::Recovery recovery;
    return journal::Log::open(std::move(folder).value(), journal::LogOptions(), {}, {}, recovery);
}

Result<journal::LogStats> look_at_store(const StorePlace& place, const journal::Log::Visit& visit,
                                        journal::Recovery& recovery) {
    auto folder = folder_of(place);
    if (!folder) return folder.error();
    return journal::Log::look(std::move(folder).value(), visit, {}, recovery);
}

Status become_owner(const std::string& path) {
    struct stat status {};
    if (::geteuid() != 0) return Done{};
    auto above = std::filesystem::path(path).parent_path().string();
    bool is_known = ::stat(path.c_str(), &status) == 0 ||
                    ::stat(above.empty() ? "." : above.c_str(), &status) == 0;
    if (!is_known || status.st_uid == 0) return Done{};
    if (::setegid(status.st_gid) != 0 || ::seteuid(status.st_uid) != 0)
        return Error{fmt::format("Error: Unable to act as the owner of {}: {}.", path,
                                 std::strerror(errno))};
    return Done{};
}

int fail_store(std::string_view text) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
    return kExitFailed;
}

}  // namespace martlet::cli
