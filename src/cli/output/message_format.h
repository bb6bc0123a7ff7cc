#pragma once

// What -F says about how sub and rr print a message: % for the message, @ for the time, \ for
// characters. Compiled once. Any thread; one thread when it formats (localtime).

#include "base/result.h"
#include "mqtt/packets.h"

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::cli {

struct ArrivedMessage {
    const mqtt::Publish* packet = nullptr;
    timespec time{};
};

class MessageFormat {
  public:
    // The error is mosquitto's text with its line end.
    static Result<MessageFormat> compile(std::string_view text);

    // Appends to `out`. False: the payload is no JSON, and %J wanted it: nothing is appended there.
    bool print(const ArrivedMessage& message, bool is_pretty, std::string& out) const;

  private:
    struct Piece {
        char kind = 0;  // 0: text; '@': strftime; else the letter behind the %
        bool zero = false;
        bool left = false;
        int width = 0;
        int precision = -1;
        std::string text;  // or the separator of %x
    };

    static Result<Piece> read_field(std::string_view text, std::size_t& at);
    static bool print_bare(const Piece& piece, const ArrivedMessage& message, bool is_pretty,
                           std::string& out);
    static std::string field_text(const Piece& piece, const ArrivedMessage& message);

    std::vector<Piece> pieces_;
};

}  // namespace martlet::cli
