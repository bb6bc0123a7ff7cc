#include "http/figures/sample_stream.h"

#include "base/json_writer.h"
#include "base/text.h"
#include "http/answers/csv.h"
#include "http/answers/rows_json.h"
#include "telemetry/rollup.h"

#include <iterator>

namespace martlet::http {

namespace {

constexpr std::size_t kPieceBytes = 64 << 10;

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
                                       if (is_another && out.size() - size_before >= kPieceBytes) {
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
    return status;
}

bool SampleStream::put_bucket(std::string& out) {
    telemetry::RollupRow row = sum_;
    sum_.count = 0;
    if (!has_room(sum_begins_)) return false;
    begin_point(out, sum_begins_);
    for (Aggregate aggregate : query_.aggregates) {
        out += ',';
        if (query_.is_csv) {
            append_csv_number(out, aggregate_of(row, aggregate));
        } else {
            JsonWriter(out).number(aggregate_of(row, aggregate));
        }
    }
    end_point(out);
    return true;
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
    if (points_ > 1) out += ',';
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
    json.key("unit").text(query_.series.unit).key("kind").text(name_of(query_.series.kind));
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
    if (!problem_.empty()) json.key("error").text(problem_);
    out += '}';
}

}  // namespace martlet::http
