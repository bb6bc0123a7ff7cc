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
    // The error names the rule or option that is not sound. `running`: decoders whose options are
    // the same are taken from it with all that they remember; after an error it is as it was.
    static Result<Rules> make(const Options& options, Rules* running = nullptr);

    struct Choice {
        std::string_view name;       // of the decoder; empty: nobody reads it
        Decoder* decoder = nullptr;  // null: nobody
        std::string_view filter;     // of the configuration's rule; empty: a decoder's own
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
        std::unique_ptr<Decoder> decoder;  // null only while make() has not taken it over
        DecoderOptions options;
    };
    Status add_decoders(const Options& options, const Rules* running);
    void take_decoders(Rules& running);
    const Reader* find_reader(std::string_view name) const;
    Status add_rules(const Options& options);
    Status add_maps(const Options& options);
    int index_of(std::string_view decoder) const;

    std::vector<Reader> readers_;
    std::vector<std::string> map_filters_;  // of the operator's maps
    std::vector<Row> rows_;
    std::vector<int> readers_of_rows_;  // place in readers_; -1: nobody
    TextMap<int> known_;                // places in rows_ of topics that came before; bounded
};

}  // namespace martlet::telemetry
