#pragma once

// Configuration files in memory: for tests and fuzz targets, which must not read the disk.

#include "config/files.h"

#include <map>
#include <set>
#include <string>

namespace martlet::config {

class MemoryFiles : public Files {
  public:
    void add(const std::string& path, std::string text) { files_[path] = std::move(text); }
    // A directory that exists and may be empty.
    void add_dir(const std::string& dir) { dirs_.insert(dir); }

    Result<std::string> read(const std::string& path) const override {
        auto found = files_.find(path);
        if (found != files_.end()) return found->second;
        return Error{"Error: Unable to open config file '" + path + "'.", 3};
    }

    Result<std::vector<std::string>> conf_files(const std::string& dir) const override {
        std::vector<std::string> paths;
        for (const auto& [path, text] : files_)
            if (path.starts_with(dir + "/") && path.ends_with(".conf")) paths.push_back(path);
        if (paths.empty() && dirs_.count(dir) == 0)
            return Error{"Error: Unable to open include_dir '" + dir + "'.", 3};
        return paths;
    }

  private:
    std::map<std::string, std::string> files_;
    std::set<std::string> dirs_;
};

}  // namespace martlet::config
