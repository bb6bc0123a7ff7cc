#pragma once

// By which signals a station's units are counted: as the operator has set it, else by those that
// came first. Tells when a station counts by the other ones, so that units are not left out without
// a word. Bounded: the station that was silent longest is forgotten. Owned by the decoder; one
// thread at a time.

#include "base/hash_map.h"
#include "telemetry/decoder.h"
#include "telemetry/decoders/recent.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace martlet::telemetry::busroot {

inline constexpr std::size_t kStationsMax = 10'000;

enum class Counts : std::uint8_t {
    Unknown,
    Running,  // production_count_good, ..._bad
    New,      // production_complete_good, ..._bad
};

class Counting {
  public:
    // "ACCOUNT/STATION good=complete bad=count", one of the two or both. False: not sound.
    bool take_option(const std::string& value);

    // After the samples of a message of `out.sender` are made. Adds the facts counted_by_good and
    // counted_by_bad where the operator has set them (empty ones remove what was set before), and
    // at most once an hour for each station the event "not_counted".
    void look_at(Time now, Decoded& out);

  private:
    using Set = std::array<Counts, 2>;  // of good and bad units
    struct Tally {
        Counts first = Counts::Unknown;
        std::optional<double> running;   // the last count
        std::optional<Time> counted_at;  // when those counted that count
        bool is_contradicted = false;    // since the last event
    };
    struct Station {
        std::array<Tally, 2> tallies;
        std::optional<Time> told;  // the last event
    };

    static std::optional<double> value_of(std::string_view metric, const Decoded& out);
    static void note_contradiction(Tally& tally, Counts set, std::optional<double> running,
                                   std::optional<double> fresh, Time now);
    static void tell(const Station& station, const Set& set, Time now, Decoded& out);
    Set set_of(std::string_view station) const;

    TextMap<Set> set_;
    Recent<Station> stations_{kStationsMax};
};

}  // namespace martlet::telemetry::busroot
