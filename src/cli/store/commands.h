#pragma once

// What `martlet store` can do, each in a file of its own. All return the exit code and say on
// stderr what went wrong. Main thread.

#include "journal/log.h"
#include "migrate/convert.h"

#include <cstdio>
#include <string>
#include <string_view>

namespace martlet::cli {

inline constexpr int kExitDamaged = 1;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitBadUse = 3;

// Which journal it is about.
struct StorePlace {
    std::string path;
    migrate::ConvertOptions convert;  // for import
};

int check_store(const StorePlace& place);
// Lines of JSON on `out`; `is_export`: in the form that import reads.
int dump_store(const StorePlace& place, bool is_export, std::FILE* out);
int compact_store(const StorePlace& place);
// `file`: a mosquitto.db, or what export wrote.
int import_store(const StorePlace& place, const std::string& file);

// Opens the journal to work on it, as the broker does.
Result<std::unique_ptr<journal::Log>> open_store(const StorePlace& place);
// Reads the whole journal; nothing in its segments changes.
Result<journal::LogStats> look_at_store(const StorePlace& place, const journal::Log::Visit& visit,
                                        journal::Recovery& recovery);
// Started by root: goes on as the owner of the journal (or of what it is to stand in), so that the
// broker can open what is written.
Status become_owner(const std::string& path);
int fail_store(std::string_view text);

}  // namespace martlet::cli
