#pragma once

// A temporary folder, and journals in it.

#include "broker/records.h"
#include "journal/log.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace martlet::migrate {

using JournalContent = std::map<journal::Key, std::vector<std::uint8_t>>;

class FolderForTest {
  public:
    FolderForTest() {
        char name[] = "/tmp/martlet-migrate-XXXXXX";
        path_ = ::mkdtemp(name);
    }
    ~FolderForTest() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    FolderForTest(const FolderForTest&) = delete;
    FolderForTest& operator=(const FolderForTest&) = delete;

    std::string at(const std::string& name) const { return path_ + "/" + name; }
    void write(const std::string& name, std::string_view text) const {
        std::ofstream(at(name), std::ios::binary) << text;
    }
    std::string read(const std::string& name) const {
        std::ostringstream text;
        text << std::ifstream(at(name), std::ios::binary).rdbuf();
        return text.str();
    }
    std::set<std::string> names() const {
        std::set<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator(path_))
            found.insert(entry.path().filename().string());
        return found;
    }

  private:
    std::string path_;
};

inline JournalContent read_journal(const std::string& path) {
    JournalContent content;
    auto folder = journal::open_folder(path);
    EXPECT_TRUE(folder.ok()) << (folder.ok() ? "" : folder.error().text);
    if (!folder) return content;
    journal::Recovery recovery;
    auto log = journal::Log::open(
        std::move(folder).value(), {},
        [&](journal::Key key, ByteView value) { content[key].assign(value.begin(), value.end()); },
        [](std::uint64_t, std::uint64_t) {}, recovery);
    EXPECT_TRUE(log.ok()) << (log.ok() ? "" : log.error().text);
    EXPECT_TRUE(recovery.damages.empty());
    return content;
}

}  // namespace martlet::migrate
