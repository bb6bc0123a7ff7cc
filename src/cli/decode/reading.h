#pragma once

// For `martlet decode`: decodes one message after the other and shows the result as lines or as
// JSON. Its decoders keep their memory (aliases, packets that came already) from one message to the
// next. One thread.

#include "base/result.h"
#include "telemetry/decoder.h"
#include "telemetry/options.h"
#include "telemetry/rules.h"

#include <string>
#include <string_view>

namespace martlet::cli {

class Reading {
  public:
    static Result<Reading> make(telemetry::Options options);

    struct Shown {
        std::string text;  // with line ends
        bool is_unreadable = false;
        bool has_decoder = true;
    };
    Shown show(std::string_view topic, std::string_view payload, bool is_json);

  private:
    Reading(telemetry::Options options, telemetry::Rules rules)
        : options_(std::move(options)), rules_(std::move(rules)) {}

    telemetry::Options options_;
    telemetry::Rules rules_;
};

// Why nothing came out of a payload, in a few words: "null is no value".
std::string why_nothing(std::string_view decoder, std::string_view payload);

}  // namespace martlet::cli
