#include "http/answers/json_indenter.h"

#include <utility>

namespace martlet::http {

namespace {

constexpr std::size_t kSpacesOfLevel = 2;

class IndentedBody final : public BodySource {
  public:
    explicit IndentedBody(std::unique_ptr<BodySource> source) : source_(std::move(source)) {}

    bool next(std::string& out) override {
        std::string piece;
        bool has_more = source_->next(piece);
        indenter_.feed(piece, out);
        return has_more;
    }
    bool is_broken() const override { return source_->is_broken(); }

  private:
    std::unique_ptr<BodySource> source_;
    JsonIndenter indenter_;
};

}  // namespace

void JsonIndenter::feed(std::string_view piece, std::string& out) {
    for (char c : piece) {
        if (is_in_text_) {
            out += c;
            take_in_text(c);
        } else {
            take(c, out);
        }
    }
}

void JsonIndenter::take_in_text(char c) {
    if (is_escaped_) {
        is_escaped_ = false;
    } else if (c == '\\') {
        is_escaped_ = true;
    } else if (c == '"') {
        is_in_text_ = false;
    }
}

void JsonIndenter::take(char c, std::string& out) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') return;
    if (c == '}' || c == ']') return close(c, out);
    if (std::exchange(is_empty_, false)) break_line(out);
    if (c == '{' || c == '[') return open(c, out);
    out += c;
    is_in_text_ = c == '"';
    if (c == ',') break_line(out);
    if (c == ':') out += ' ';
}

void JsonIndenter::open(char c, std::string& out) {
    out += c;
    level_++;
    is_empty_ = true;
}

void JsonIndenter::close(char c, std::string& out) {
    if (level_ > 0) level_--;
    if (!std::exchange(is_empty_, false)) break_line(out);
    out += c;
}

void JsonIndenter::break_line(std::string& out) const {
    out += '\n';
    out.append(level_ * kSpacesOfLevel, ' ');
}

std::unique_ptr<BodySource> indented(std::unique_ptr<BodySource> source) {
    return std::make_unique<IndentedBody>(std::move(source));
}

}  // namespace martlet::http
