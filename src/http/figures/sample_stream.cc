#include "http/figures/sample_stream.h"

#include "base/json_writer.h"
#include "base/log.h"
#include "base/text.h"
#include "http/answers/csv.h"
#include "http/answers/rows_json.h"
#include "http/figures/median.h"
#include "telemetry/rollup.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace martlet::http {

namespace {

constexpr std::size_t kPieceBytes = 64 << 10;
// Each may be made of many samples.
constexpr std::size_t kMediansInPiece = 50;

}  // namespace

bool SampleStream::next(std::string& out) {
    if (is_done_) return false;
    if (!is_begun_) begin(out);
    is_begun_ = true;
    // Whoever reads on to the end is done, unless a full piece ends it earlier.
    is_done_ = true;
    auto reader = readers_.lend();
    Status status = Done{};
    if (!reader) {
        status = reader.error();
    } else if (query_.bucket) {
        status = read_buckets(*reader.value(), out);
    } else {
        status = read_samples(*reader.value(), out);
    }
    if (!status) {
        problem_ = status.error().text;
        is_done_ = true;
        if (query_.is_csv) {
            log::warning("Warning: A CSV export of series {} broke off. {}", query_.series.key,
                         problem_);
        }
    }
    if (is_done_) end(out);
    return !is_done_;
}

Status SampleStream::read_samples(telemetry::StoreReader& reader, std::string& out) {
    std::size_t to_skip = same_;
    Time from = at_;
    std::size_t size_before = out.size();
    return reader.samples(query_.series.key, {from, query_.range.to},
                          [&](const telemetry::SampleRow& row) {
                              if (row.time == from && to_skip > 0) {
                                  to_skip--;
                                  return true;
                              }
                              if (!put_sample(row, out)) return false;
                              is_done_ = out.size() - size_before < kPieceBytes;
                              return is_done_;
                          });
}

bool SampleStream::put_sample(const telemetry::SampleRow& row, std::string& out) {
    if (!has_room(row.time)) return false;
    same_ = row.time == at_ ? same_ + 1 : 1;
    at_ = row.time;
    begin_point(out, row.time);
    if (query_.is_csv) {
        out += ',';
        append_csv_value(out, row.value);
    } else {
        out += ',';
        JsonWriter json(out);
        write_value(json, row.value);
    }
    end_point(out);
    return true;
}

Status SampleStream::read_buckets(telemetry::StoreReader& reader, std::string& out) {
    std::size_t size_before = out.size();
    sum_.count = 0;
    bool is_full = false;
    Status status = reader.rollups(query_.series.key, query_.bucket->rollup, {at_, query_.range.to},
                                   [&](const telemetry::RollupRow& row) {
                                       bool is_another = sum_.count > 0 && row.begins >= sum_ends_;
                                       if (is_another && !put_bucket(out)) return false;
                                       bool is_piece = out.size() - size_before >= kPieceBytes ||
                                                       waiting_.size() >= kMediansInPiece;
                                       if (is_another && is_piece) {
                                           at_ = query_.bucket->begins(row.begins);
                                           is_full = true;
                                           return false;
                                       }
                                       if (sum_.count == 0) {
                                           sum_begins_ = query_.bucket->begins(row.begins);
                                           sum_ends_ = query_.bucket->ends(sum_begins_);
                                       }
                                       telemetry::merge_rollup(sum_, row);
                                       return true;
                                   });
    if (status && !is_full && sum_.count > 0) put_bucket(out);
    is_done_ = !is_full;
    if (status) status = put_medians(reader, out);
    return status;
}

bool SampleStream::put_bucket(std::string& out) {
    telemetry::RollupRow row = sum_;
    sum_.count = 0;
    if (!has_room(sum_begins_)) return false;
    if (wants_median()) {
        waiting_.emplace_back(sum_begins_, row);
    } else {
        put_point(row, sum_begins_, std::nullopt, out);
    }
    return true;
}

bool SampleStream::wants_median() const {
    const auto& all = query_.aggregates;
    return std::find(all.begin(), all.end(), Aggregate::Median) != all.end();
}

Status SampleStream::put_medians(telemetry::StoreReader& reader, std::string& out) {
    for (const auto& [begins, bucket] : std::exchange(waiting_, {})) {
        auto median = median_of(reader, query_.series.key, bucket);
        if (!median) return median.error();
        is_median_missing_ |= !median.value();
        put_point(bucket, begins, median.value(), out);
    }
    return Done{};
}

void SampleStream::put_point(const telemetry::RollupRow& bucket, Time begins,
                             std::optional<double> median, std::string& out) {
    begin_point(out, begins);
    for (Aggregate aggregate : query_.aggregates) {
        out += ',';
        bool is_known = aggregate != Aggregate::Median || median;
        double number =
            aggregate == Aggregate::Median ? median.value_or(0) : aggregate_of(bucket, aggregate);
        if (query_.is_csv) {
            if (is_known) append_csv_number(out, number);
        } else if (is_known) {
            JsonWriter(out).number(number);
        } else {
            JsonWriter(out).null();
        }
    }
    end_point(out);
}

bool SampleStream::has_room(Time time) {
    if (points_ < query_.limit) {
        points_++;
        return true;
    }
    next_ = time;
    return false;
}

void SampleStream::begin_point(std::string& out, Time time) {
    if (query_.is_csv) {
        append_iso_time(out, time);
        return;
    }
    if (std::exchange(has_point_, true)) out += ',';
    fmt::format_to(std::back_inserter(out), "[{}", time);
}

void SampleStream::end_point(std::string& out) {
    out += query_.is_csv ? "\r\n" : "]";
}

void SampleStream::begin(std::string& out) {
    if (query_.is_csv) {
        out += "time";
        if (!query_.bucket) out += ",value";
        if (query_.bucket) {
            for (Aggregate aggregate : query_.aggregates) {
                out += ',';
                out += aggregate_name(aggregate);
            }
        }
        out += "\r\n";
        return;
    }
    JsonWriter json(out);
    json.begin_object();
    json.key("series").integer(query_.series.key).key("metric").text(query_.series.metric);
    json.key("unit").text(query_.series.unit);
    json.key("unit_source").text(name_of(query_.series.unit_source));
    json.key("kind").text(name_of(query_.series.kind)).key("time_source");
    write_time_source(json, query_.series.time_source);
    json.key("from").integer(query_.range.from).key("to").integer(query_.range.to);
    json.key("bucket");
    if (query_.bucket && query_.bucket->name.empty()) {
        json.text(fmt::format("{}m", query_.bucket->span_ms / kMinute));
    } else {
        json.text(query_.bucket ? query_.bucket->name : "raw");
    }
    json.key("columns").begin_array().text("time");
    if (!query_.bucket) json.text("value");
    if (query_.bucket) {
        for (Aggregate aggregate : query_.aggregates) json.text(aggregate_name(aggregate));
    }
    json.end_array().key("points");
    out += '[';
}

void SampleStream::end(std::string& out) {
    if (query_.is_csv) return;
    out += "],";
    JsonWriter json(out);
    json.key("count").integer(static_cast<std::int64_t>(points_));
    json.key("next");
    if (next_) {
        json.integer(*next_);
    } else {
        json.null();
    }
    if (is_median_missing_) {
        json.key("note").text(
            "median is null where samples are no longer kept, or where there are more than a "
            "million of them: choose a narrower bucket");
    }
    if (!problem_.empty()) json.key("error").text(problem_);
    out += '}';
}

}  // namespace martlet::http
