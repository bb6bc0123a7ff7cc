#pragma once

// From the leaves of a payload to samples, positions, events and facts: by a map, or by what names,
// neighbours and declarations tell. Owned by one decoder; one thread.
//
//     for each record: its source, its time, then each value with its unit by the order of trust:
//     operator, stated, declared, mapped, assumed (words.h)

#include "base/hash_map.h"
#include "telemetry/decoder.h"
#include "telemetry/decoders/json/declarations.h"
#include "telemetry/decoders/json/name_table.h"
#include "telemetry/decoders/json/payload_shape.h"
#include "telemetry/decoders/json/records.h"
#include "telemetry/decoders/json/stated_units.h"
#include "telemetry/decoders/json/topic_memory.h"
#include "telemetry/decoders/recent.h"
#include "telemetry/emergency.h"
#include "telemetry/mapping/map_set.h"
#include "telemetry/mapping/text_template.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

// As the ledger takes them; values whose names would be longer are counted as left out.
inline constexpr std::size_t kMetricBytesMax = 256;

struct ReaderOptions {
    std::optional<int> zone_minutes;
    TextMap<MetricOverride> overrides;
};

class RecordReader final : private TemplateValues {
  public:
    explicit RecordReader(ReaderOptions options) : options_(std::move(options)) {}

    struct Message {
        const Incoming* incoming = nullptr;
        const std::vector<JsonLeaf>* leaves = nullptr;
        bool is_bare = false;      // one value, without an object around it
        const Map* map = nullptr;  // and its form and captures; null: none reads it
        const MapForm* form = nullptr;
        const TopicCaptures* captures = nullptr;
        const TopicDeclarations* declared = nullptr;
        TopicMemory* topic = nullptr;
        PayloadShape* shape = nullptr;  // null: not remembered
    };
    // Appends to `out`, whose verdict and problem say what became of the message.
    void read(const Message& message, Decoded& out);
    // Bare payloads of this topic were texts before.
    bool is_text_topic(std::string_view topic) const;

  private:
    struct TimeMark {
        std::string_view object;  // the path of the object that tells it, with its '.'
        Time time = 0;
        int rank = 0;  // 0 is the best name
    };
    // What a record gives to its values.
    struct Context {
        SourceId source;
        std::string metric_prefix;
        Time time = 0;
        bool is_readable = false;

        void clear();
    };
    struct Quantity {
        std::string_view unit;
        UnitSource source = UnitSource::Assumed;
    };

    void begin(const Message& message, Decoded& out);
    void name_leaves();
    const LeafNames& names_of_leaves();
    void find_names(NameTable& table, LeafNames& found) const;
    void read_record(std::size_t index);
    bool begin_record(std::size_t index);
    void name_source(std::size_t index, Context& context);
    void name_metrics(std::size_t index, Context& context);
    static void bound_prefix(Context& context);
    bool map_source(Context& context);
    static bool is_doubtful(std::string_view key);
    static bool is_device_name(std::string_view text, std::string_view device, TopicMemory& topic);
    void find_device(SourceId& source);
    void note_facts();
    void carry(const Record& record);

    void find_times(std::size_t index);
    void find_mapped_time(Context& context);
    void add_column_time(const JsonLeaf& leaf);
    bool read_column(const JsonLeaf& leaf);
    void add_date_and_clock(std::string_view date, std::string_view clock);
    void hint_at_zone();
    Time time_of(const JsonLeaf& leaf) const;

    void read_leaf(std::size_t leaf);
    bool is_clock(const JsonLeaf& leaf, const KeyName& name) const;
    void read_value(const JsonLeaf& leaf, const KeyName& name);
    void read_text(const JsonLeaf& leaf, const KeyName& name);
    const KeyName& chosen_name(const KeyName& name) const;
    static bool is_not_told(const JsonLeaf& leaf, const KeyRule& rule);
    bool read_words(const JsonLeaf& leaf, const KeyName& name);
    void add_number(const JsonLeaf& leaf, const KeyName& name, Value number);
    void add_quantity(const JsonLeaf& leaf, const KeyName& name, Value number, Quantity quantity);
    void add_state(const JsonLeaf& leaf, const KeyName& name, Value value);
    Sample* add_sample(const JsonLeaf& leaf, const KeyName& name);
    Quantity quantity_of(const JsonLeaf& leaf, const KeyName& name);
    const MetricOverride* override_of(const KeyName& name);
    void add_fact(std::string_view name, std::string_view text);
    void tell_left_out(std::string_view reason, const JsonLeaf& leaf);
    // A place that was not filled leaves no gap: "mem//used" becomes "mem/used".
    static void close_gaps(std::string& metric);
    std::string metric_of(const KeyName& name);
    bool fill_metric(const KeyName& name, std::string& metric);
    bool is_short_metric(std::string& metric);
    Alarm alarm_of(const JsonLeaf& leaf, const KeyName& name);
    bool is_call_for_help(const JsonLeaf& leaf, const KeyName& name) const;
    void judge_alarm(const JsonLeaf& leaf, const KeyName& name);
    void judge_lost_alarms();
    void judge_events();
    bool is_new(std::string_view what, std::string_view text);
    bool is_text_series(std::string_view metric, bool is_text);

    bool read_place(const JsonLeaf& latitude, const KeyName& name);
    bool is_part_of_place(const JsonLeaf& longitude);
    void read_mapped_places();
    bool is_left_out(const JsonLeaf& leaf) const;
    void finish_place(Position position);
    const JsonLeaf* beside(const JsonLeaf& leaf, const std::string_view* names, std::size_t count);
    void read_reception(const JsonLeaf& leaf, const KeyName& name);
    void finish_reception();

    // The leaf at this path, in the record or in what encloses it; null: none.
    const JsonLeaf* look_up(std::string_view path) const;
    bool append_topic(std::string_view name, std::string& text) const override;
    bool append_star(std::size_t index, std::string& text) const override;
    bool append_value(std::string_view path, std::string& text) const override;
    bool append_values(std::string_view path, const std::vector<std::string>& left_out,
                       std::string& text) const override;

    const ReaderOptions options_;
    HashMap<const MapForm*, std::unique_ptr<NameTable>> tables_;
    Recent<std::string> told_{50'000};  // alarms and events that hold, by source and metric
    Recent<bool> texts_{50'000};        // series that took a text

    // Of the message that is being read.
    Message message_;
    Decoded* out_ = nullptr;
    const MapForm* form_ = nullptr;
    Records records_;
    const LeafNames* named_ = nullptr;
    LeafNames passing_names_;  // of a payload whose shape is not remembered
    StatedUnits stated_;
    std::vector<Context> contexts_;
    std::vector<std::pair<std::string, const JsonLeaf*>> carried_;
    mutable std::size_t look_ups_ = 0;

    // Of the record that is being read.
    const Record* record_ = nullptr;
    Context* context_ = nullptr;
    const KeyName* key_ = nullptr;  // whose stars a template may name
    std::vector<TimeMark> times_;
    struct ColumnTime {
        std::string_view object;  // that holds the lists, with its '.'
        std::string_view place;   // in the lists
        Time time = 0;
    };
    std::vector<ColumnTime> columns_;
    std::optional<Time> column_time_;  // of the value that is being read
    bool has_time_ = false;            // the record told one
    bool is_of_alarms_ = false;        // it stands in a list of that name: "alerts.0.type"
    std::string unread_text_;          // the key of a text that was no state, for the reason
    std::size_t values_ = 0;
    std::size_t left_out_ = 0;
    std::size_t places_ = 0;
    std::size_t longitudes_ = 0;  // looked at
    struct Reception {
        std::string gateways;
        std::string_view object;  // that named the last one
        std::size_t count = 0;
        std::optional<double> rssi;
        std::optional<double> snr;
    } reception_;
    bool has_reception_ = false;
    std::string key_buffer_;
    std::string unit_buffer_;
    std::string event_buffer_;
};

}  // namespace martlet::telemetry
