#pragma once

// Reads mosquitto.conf and the files of its include_dir, line by line, into a draft. Goes on after
// an error, so that one reading finds them all, within reason. Cold path, any thread.

#include "config/draft.h"
#include "config/files.h"
#include "config/key.h"

#include <string>
#include <string_view>
#include <vector>

namespace martlet::config {

class Reader {
  public:
    Reader(const Files& files, Draft& draft) : files_(files), draft_(draft) {}

    void read_main(const std::string& path);

  private:
    void read_file(const std::string& path, FileContext& context);
    void read_line(std::string_view line, Place place, FileContext& context);
    void set(Entry& entry);
    Status list_included(const Entry& entry, std::vector<std::string>& paths);
    void read_included(const std::vector<std::string>& paths, const Place& from);
    void report(const Entry& entry, const Status& status);
    void add_problem(const Error& error, const Place& place, std::string hint = {});

    const Files& files_;
    Draft& draft_;
    // The include_dir line of the main file while its files are read.
    Place included_from_;
};

}  // namespace martlet::config
