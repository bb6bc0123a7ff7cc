#pragma once

// The disk as the journal sees it: one folder of files. Everything that the journal reads or writes
// goes through here, so that a test can lose bytes that were not synced, tear writes, flip bits,
// fill the disk, and fail. An Error's `code` is the system's errno (ENOSPC: no room). A File may be
// read by one thread while another writes; all else belongs to one thread.

#include "base/bytes.h"
#include "base/result.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace martlet::journal {

class File {
  public:
    virtual ~File() = default;

    // All of the bytes, or an error, after which any part of them may have been written.
    virtual Status write(std::uint64_t at, ByteView bytes) = 0;
    // Reads what is there, as far as `into` reaches. Returns how many bytes.
    virtual Result<std::size_t> read(std::uint64_t at, std::span<std::uint8_t> into) = 0;
    // Room for bytes up to `size`, so that writing them cannot end in ENOSPC. The bytes read as
    // zeros; size() grows.
    virtual Status reserve(std::uint64_t size) = 0;
    virtual Status truncate(std::uint64_t size) = 0;
    // What was written is on the disk (fdatasync).
    virtual Status sync() = 0;
    virtual std::uint64_t size() const = 0;
};

class Folder {
  public:
    enum class Mode : std::uint8_t { Read, Create, ReadWrite };

    virtual ~Folder() = default;
    // Create: fails with EEXIST when there is one. New files are readable by their owner only,
    // whatever the umask.
    virtual Result<std::unique_ptr<File>> open(const std::string& name, Mode mode) = 0;
    // Names of the regular files in it, in no order.
    virtual Result<std::vector<std::string>> list() = 0;
    virtual Status remove(const std::string& name) = 0;
    virtual Status rename(const std::string& from, const std::string& to) = 0;
    // Names (created, renamed, removed) are on the disk.
    virtual Status sync() = 0;
    // For messages: where it is.
    virtual const std::string& path() const = 0;
};

// A real folder. Creates it (and its parents' last part) when it is missing, 0700. Holds a lock on
// it while it lives: a second process gets an error that says so.
Result<std::unique_ptr<Folder>> open_folder(const std::string& path);

}  // namespace martlet::journal
