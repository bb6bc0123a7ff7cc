#pragma once

// Which decoder reads a topic: the configuration's rules in their order, then the decoders' own
// filters. Holds the decoders. One thread.

#include "base/hash_map.h"
#include "base/result.h"
#include "telemetry/decoder.h"
#include "telemetry/options.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

class Rules {
  public:
    // The error names the rule or option that is not sound.
    static Result<Rules> make(const Options& options);

    struct Choice {
        std::string_view name;       // of the decoder; empty: nobody reads it
        Decoder* decoder = nullptr;  // null: nobody
    };
    Choice choose(std::string_view topic);

    // For people: each filter with the name of its decoder, in the order of asking.
    struct Row {
        std::string filter;
        std::string decoder;
        bool is_default = false;
    };
    const std::vector<Row>& rows() const { return rows_; }

  private:
    struct Reader {
        std::string_view name;
        std::unique_ptr<Decoder> decoder;
    };
    Status add_decoders(const Options& options);
    Status add_rules(const Options& options);
    int index_of(std::string_view decoder) const;

    std::vector<Reader> readers_;
    std::vector<Row> rows_;
    std::vector<int> readers_of_rows_;  // place in readers_; -1: nobody
    TextMap<int> known_;                // topics that came before; bounded
};

}  // namespace martlet::telemetry
