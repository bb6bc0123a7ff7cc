#include "base/text.h"
#include "cli/output/progress.h"
#include "cli/store/commands.h"

namespace martlet::cli {

int compact_store(const StorePlace& place) {
    auto log = open_store(place);
    if (!log) return fail_store(log.error().text);
    Progress progress("compact", ProgressOn::Terminal);
    auto before = static_cast<unsigned long long>(log.value()->stats().bytes);
    progress.print(fmt::format("{} bytes ...", before));
    Status status = log.value()->compact_all();
    if (!status) return fail_store(status.error().text);
    auto after = static_cast<unsigned long long>(log.value()->stats().bytes);
    std::printf("%s: %llu bytes before, %llu after\n", place.path.c_str(), before, after);
    return 0;
}

}  // namespace martlet::cli
