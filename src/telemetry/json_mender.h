#pragma once

// Rewrites a document that is almost JSON as JSON, so that one bad value costs that value and not
// the message: NaN, numbers that JSON writes otherwise, bytes that are no UTF-8, Python's
// dictionaries. Owned by PayloadJson, which calls it when the strict parser refuses; one thread.

#include "telemetry/payload_json.h"

#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

// The digits of a whole number, as they are written, that an std::int64_t cannot hold.
struct LongNumber {
    std::size_t leaf = 0;  // the place among the leaves of the document
    std::string digits;
};

class JsonMender {
  public:
    // True: text() is the document as JSON, and faults() says what was changed. False: it is
    // broken, and broken_place() says where. Nothing is guessed: no garbage is skipped, no bracket
    // closed. `skipped` bytes of the payload stood before the document.
    bool mend(std::string_view document, std::size_t skipped = 0);

    const std::string& text() const { return text_; }
    const std::vector<JsonFault>& faults() const { return faults_; }
    // Those of more than 64 bits, in the order of the document, at most 10,000.
    const std::vector<LongNumber>& long_numbers() const { return long_numbers_; }

    // "at byte 31 (after key 'temp')", "cut off at byte 83", "second document begins at byte 21",
    // "too deep at byte 64"; the first byte is 0, and `skipped` bytes stood before the document.
    std::string broken_place(std::size_t skipped) const;

  private:
    enum class Broken : std::uint8_t { No, At, CutOff, Second, TooDeep, TooLong };
    // An object or array that is open.
    struct Level {
        bool is_array = false;
        std::size_t index = 0;       // of the element that is being read
        std::size_t path_bytes = 0;  // of the container itself
    };

    void clear(std::string_view document, std::size_t skipped);
    bool fail(Broken broken);
    bool fail_here() { return fail(is_at_end() ? Broken::CutOff : Broken::At); }
    void add_fault(std::string_view what) { add_fault(what, at_); }
    void add_fault(std::string_view what, std::size_t at);
    void enter(std::string_view name);

    bool is_at_end() const { return at_ == document_.size(); }
    char front() const { return is_at_end() ? '\0' : document_[at_]; }
    void skip_blanks();

    bool mend_value();
    bool open(bool is_array);
    bool after_value();
    bool mend_key();
    bool mend_element();
    bool close(char bracket);
    bool mend_scalar();
    bool mend_word();
    bool mend_missing();
    bool mend_number(std::string_view token);
    std::size_t commas_end(std::size_t end) const;
    bool mend_commas(std::size_t digits_end, std::size_t end);
    bool is_text_next() const;
    bool mend_text();
    bool mend_escape(char quote);
    bool mend_unicode_escape();
    void mend_character();

    std::string_view document_;
    std::size_t at_ = 0;
    std::size_t skipped_ = 0;
    std::size_t leaves_ = 0;  // that the text holds so far
    std::string text_;
    std::string path_;
    std::vector<Level> levels_;
    std::string last_key_;
    std::vector<JsonFault> faults_;
    std::vector<LongNumber> long_numbers_;
    bool has_single_quotes_ = false;
    Broken broken_ = Broken::No;
};

}  // namespace martlet::telemetry
