#pragma once

// A payload as records: the payload itself, and each element of an array of objects in it. A record
// is told from its siblings by a key of its own (id, name, mac ...), never by its place. One
// thread.

#include "telemetry/mapping/map_file.h"
#include "telemetry/payload_json.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

// How a record of an array is told from its siblings.
enum class RecordName : std::uint8_t {
    Whole,    // the payload itself, or the only element of its array
    Source,   // its key names a device: a source of its own
    Metric,   // its key names a part of the sender: it stands before the metrics
    ByTime,   // only its time tells it: the same series at another time
    Unknown,  // nothing does: it is kept raw
    Mapped,   // by the map
};

struct Record {
    std::size_t parent = 0;       // in Records; the payload is its own parent
    std::size_t first = 0;        // leaf
    std::size_t end = 0;          // behind the last leaf; leaves of inner records are among them
    std::string_view prefix;      // of its paths, with the last '.': "metrics.0."
    std::string_view array_path;  // "metrics"; empty: the payload is the array
    std::string name;             // Source, Metric: the text of its key
    PathCaptures stars;           // Mapped: of the pattern
    RecordName named = RecordName::Whole;
};

class Records {
  public:
    // Splits; with a form that names its records, by the form. Views into `leaves`.
    void split(const std::vector<JsonLeaf>& leaves, const MapForm* form);

    const std::vector<Record>& all() const { return all_; }
    // The record that a leaf belongs to directly.
    std::size_t record_of(std::size_t leaf) const { return owners_.empty() ? 0 : owners_[leaf]; }
    // The array whose records nothing identifies; empty: none.
    const std::string& unidentified() const { return unidentified_; }
    // Records of one array have times of their own.
    bool is_batch() const { return is_batch_; }

  private:
    static constexpr std::size_t kRecordsMax = 2'000;

    void split_arrays(const std::vector<JsonLeaf>& leaves, const MapForm* form);
    void split_by(const MapForm& form, const std::vector<JsonLeaf>& leaves);
    std::size_t nobodys(const JsonLeaf& leaf, std::size_t place);
    void open_arrays(const std::vector<JsonLeaf>& leaves, std::size_t leaf);
    void name_records(const std::vector<JsonLeaf>& leaves);
    void name_array(const std::vector<JsonLeaf>& leaves, const std::vector<std::size_t>& elements);

    std::vector<Record> all_;
    std::vector<std::uint32_t> owners_;  // by leaf; empty: all belong to the payload
    std::vector<std::size_t> open_;      // records that the walk is in, innermost last
    std::string unidentified_;
    std::size_t nobody_ = 0;  // the record that takes what is not identified; 0: none yet
    bool is_batch_ = false;
};

}  // namespace martlet::telemetry
