#pragma once

// The samples of a series, or what its rollups tell of each bucket, as JSON or CSV, piece by piece:
// neither the store's answer nor the body is ever whole in memory. Made by a handler, asked on
// worker threads, one at a time; borrows a reader for each piece.

#include "http/figures/buckets.h"
#include "http/response.h"
#include "http/store_readers.h"
#include "telemetry/store/store.h"

#include <optional>
#include <string>
#include <vector>

namespace martlet::http {

struct SampleQuery {
    telemetry::SeriesRow series;
    telemetry::TimeRange range;
    std::optional<Bucket> bucket;  // nothing: the samples themselves
    std::vector<Aggregate> aggregates;
    std::size_t limit = 1000;  // points; what is beyond is told as "more" and "next"
    bool is_csv = false;
};

class SampleStream final : public BodySource {
  public:
    SampleStream(StoreReaders& readers, SampleQuery query)
        : readers_(readers), query_(std::move(query)), at_(query_.range.from) {}

    bool next(std::string& out) override;
    bool is_broken() const override { return query_.is_csv && !problem_.empty(); }

    // What went wrong so far; empty: nothing. In JSON it also stands at the end of the body.
    const std::string& problem() const { return problem_; }

  private:
    void begin(std::string& out);
    void end(std::string& out);
    Status read_samples(telemetry::StoreReader& reader, std::string& out);
    Status read_buckets(telemetry::StoreReader& reader, std::string& out);
    bool put_sample(const telemetry::SampleRow& row, std::string& out);
    bool put_bucket(std::string& out);
    bool wants_median() const;
    Status put_medians(telemetry::StoreReader& reader, std::string& out);
    void put_point(const telemetry::RollupRow& bucket, Time begins, std::optional<double> median,
                   std::string& out);
    bool has_room(Time time);
    void begin_point(std::string& out, Time time);
    void end_point(std::string& out);

    StoreReaders& readers_;
    SampleQuery query_;
    bool is_begun_ = false;
    bool has_point_ = false;
    bool is_done_ = false;
    Time at_;               // where the next piece goes on
    std::size_t same_ = 0;  // samples of exactly that time that were put already
    std::size_t points_ = 0;
    std::optional<Time> next_;  // the first point that found no room
    telemetry::RollupRow sum_;  // the bucket that is being put together
    Time sum_begins_ = 0;
    Time sum_ends_ = 0;
    // Wait for their medians: a reader answers one question at a time.
    std::vector<std::pair<Time, telemetry::RollupRow>> waiting_;
    bool is_median_missing_ = false;
    std::string problem_;
};

}  // namespace martlet::http
