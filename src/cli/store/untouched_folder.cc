#include "cli/store/untouched_folder.h"

#include <algorithm>

namespace martlet::cli {

namespace {

using journal::File;
using journal::Folder;

// Made just now: as large as it is said to be, all zeros.
class SeemingFile final : public File {
  public:
    Status write(std::uint64_t at, ByteView bytes) override {
        size_ = std::max(size_, at + bytes.size());
        return Done{};
    }
    Result<std::size_t> read(std::uint64_t at, std::span<std::uint8_t> into) override {
        std::size_t count = at >= size_ ? 0 : std::min<std::size_t>(into.size(), size_ - at);
        std::fill_n(into.begin(), count, std::uint8_t{0});
        return count;
    }
    Status reserve(std::uint64_t size) override { return truncate(std::max(size_, size)); }
    Status truncate(std::uint64_t size) override {
        size_ = size;
        return Done{};
    }
    Status sync() override { return Done{}; }
    std::uint64_t size() const override { return size_; }

  private:
    std::uint64_t size_ = 0;
};

// A real one, of which truncate() hides the end.
class UntouchedFile final : public File {
  public:
    explicit UntouchedFile(std::unique_ptr<File> file)
        : file_(std::move(file)), size_(file_->size()) {}

    Status write(std::uint64_t at, ByteView bytes) override {
        size_ = std::max(size_, at + bytes.size());
        return Done{};
    }
    Result<std::size_t> read(std::uint64_t at, std::span<std::uint8_t> into) override {
        std::size_t count = at >= size_ ? 0 : std::min<std::size_t>(into.size(), size_ - at);
        return file_->read(at, into.first(count));
    }
    Status reserve(std::uint64_t) override { return Done{}; }
    Status truncate(std::uint64_t size) override {
        size_ = size;
        return Done{};
    }
    Status sync() override { return Done{}; }
    std::uint64_t size() const override { return size_; }

  private:
    std::unique_ptr<File> file_;
    std::uint64_t size_;
};

class UntouchedFolder final : public Folder {
  public:
    explicit UntouchedFolder(std::unique_ptr<Folder> folder) : folder_(std::move(folder)) {}

    Result<std::unique_ptr<File>> open(const std::string& name, Mode mode) override {
        if (mode == Mode::Create) return std::unique_ptr<File>(std::make_unique<SeemingFile>());
        auto file = folder_->open(name, Mode::Read);
        if (!file) return file.error();
        return std::unique_ptr<File>(std::make_unique<UntouchedFile>(std::move(file).value()));
    }
    Result<std::vector<std::string>> list() override { return folder_->list(); }
    Status remove(const std::string&) override { return Done{}; }
    Status rename(const std::string&, const std::string&) override { return Done{}; }
    Status sync() override { return Done{}; }
    const std::string& path() const override { return folder_->path(); }

  private:
    std::unique_ptr<Folder> folder_;
};

}  // namespace

std::unique_ptr<Folder> leave_untouched(std::unique_ptr<Folder> folder) {
    return std::make_unique<UntouchedFolder>(std::move(folder));
}

}  // namespace martlet::cli
