#pragma once

// Where the configuration's text comes from: the disk, or memory in tests and fuzz targets. Cold
// path, any thread.

#include "base/result.h"

#include <string>
#include <vector>

namespace martlet::config {

class Files {
  public:
    virtual ~Files() = default;
    virtual Result<std::string> read(const std::string& path) const = 0;
    // The paths of DIR's "*.conf" files, in any order.
    virtual Result<std::vector<std::string>> conf_files(const std::string& dir) const = 0;
};

class DiskFiles : public Files {
  public:
    Result<std::string> read(const std::string& path) const override;
    Result<std::vector<std::string>> conf_files(const std::string& dir) const override;
};

// mosquitto's order of the files of an include_dir: letters in alphabetical order, of one letter
// the upper case first.
bool is_before(const std::string& name_a, const std::string& name_b);

}  // namespace martlet::config
