#include "cli/output/json_text.h"

#include <cctype>
#include <cstddef>

namespace martlet::cli {

namespace {

class JsonCopier {
  public:
    JsonCopier(std::string_view text, JsonWriter& writer) : text_(text), writer_(writer) {}

    bool copy_all() {
        if (!copy_value(0)) return false;
        skip_space();
        return at_ == text_.size();
    }

  private:
    bool copy_value(int depth) {
        skip_space();
        if (at_ == text_.size() || depth > kJsonDepthMax) return false;
        char letter = text_[at_];
        if (letter == '{') return copy_object(depth);
        if (letter == '[') return copy_array(depth);
        std::size_t begin = at_;
        bool is_sound = letter == '"' ? skip_string() : skip_number() || skip_word();
        if (is_sound) writer_.raw(text_.substr(begin, at_ - begin));
        return is_sound;
    }

    bool copy_object(int depth) {
        at_++;
        writer_.begin_object();
        if (!take('}')) {
            do {
                skip_space();
                std::size_t begin = at_;
                if (!skip_string()) return false;
                writer_.raw_key(text_.substr(begin, at_ - begin));
                if (!take(':') || !copy_value(depth + 1)) return false;
            } while (take(','));
            if (!take('}')) return false;
        }
        writer_.end_object();
        return true;
    }

    bool copy_array(int depth) {
        at_++;
        writer_.begin_array();
        if (!take(']')) {
            do {
                if (!copy_value(depth + 1)) return false;
            } while (take(','));
            if (!take(']')) return false;
        }
        writer_.end_array();
        return true;
    }

    void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

    bool take(char letter) {
        skip_space();
        if (at_ == text_.size() || text_[at_] != letter) return false;
        at_++;
        return true;
    }

    bool skip_string() {
        if (at_ == text_.size() || text_[at_] != '"') return false;
        for (at_++; at_ < text_.size(); at_++) {
            auto letter = static_cast<unsigned char>(text_[at_]);
            if (letter == '"') return at_++, true;
            if (letter < 32) return false;
            if (letter == '\\' && !skip_escape()) return false;
        }
        return false;
    }

    // Ends on the last character of the escape.
    bool skip_escape() {
        if (++at_ == text_.size()) return false;
        if (text_[at_] != 'u') return std::string_view("\"\\/bfnrt").find(text_[at_]) != kNone;
        for (int i = 0; i < 4; i++) {
            if (++at_ == text_.size()) return false;
            if (!std::isxdigit(static_cast<unsigned char>(text_[at_]))) return false;
        }
        return true;
    }

    std::size_t skip_digits() {
        std::size_t begin = at_;
        while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') at_++;
        return at_ - begin;
    }

    bool is_next(std::string_view letters) const {
        return at_ < text_.size() && letters.find(text_[at_]) != kNone;
    }

    bool skip_number() {
        std::size_t begin = at_;
        if (is_next("-")) at_++;
        bool is_zero = is_next("0");
        std::size_t digits = skip_digits();
        bool is_sound = digits > 0 && (!is_zero || digits == 1);
        if (is_sound && is_next(".")) {
            at_++;
            is_sound = skip_digits() > 0;
        }
        if (is_sound && is_next("eE")) {
            at_++;
            if (is_next("+-")) at_++;
            is_sound = skip_digits() > 0;
        }
        if (!is_sound) at_ = begin;
        return is_sound;
    }

    bool skip_word() {
        for (std::string_view word : {"true", "false", "null"}) {
            if (!text_.substr(at_).starts_with(word)) continue;
            at_ += word.size();
            return true;
        }
        return false;
    }

    static constexpr std::size_t kNone = std::string_view::npos;
    std::string_view text_;
    JsonWriter& writer_;
    std::size_t at_ = 0;
};

}  // namespace

bool copy_json(std::string_view text, JsonWriter& writer) {
    return JsonCopier(text, writer).copy_all();
}

}  // namespace martlet::cli
