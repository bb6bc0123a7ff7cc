#include "server/metrics.h"

#include "server/bridge_desk.h"
#include "server/broker_counts.h"
#include "server/metric_list.h"
#include "server/process_metrics.h"

#include <string>

namespace martlet::server {

void Metrics::collect(std::vector<http::Metric>& metrics) {
    collect_broker(shared_, metrics);
    collect_process(metrics);
    collect_tls(metrics);
    collect_bridges(bridges_, metrics);
    collect_journal(metrics);
    if (ingest_ == nullptr) return;
    collect_ingest(metrics);
    collect_decoders(metrics);
}

// Without the folder: /metrics may be public.
void Metrics::collect_tls(std::vector<http::Metric>& metrics) const {
    MetricList list(metrics);
    for (const TlsContexts::CertificateEnd& end : tls_.certificate_ends()) {
        list.gauge("martlet_tls_certificate_end_time_seconds",
                   "When a listener's certificate ends.", end.at_s,
                   {{"certfile", end.certfile.substr(end.certfile.rfind('/') + 1)}});
    }
}

void Metrics::collect_journal(std::vector<http::Metric>& metrics) const {
    if (journal_ == nullptr) return;
    MetricList list(metrics);
    journal::JournalStats stats = journal_->stats();
    list.counter("martlet_journal_commits_total", "Groups of records written.", stats.commits);
    list.counter("martlet_journal_syncs_total", "Times that the disk was waited for.", stats.syncs);
    list.histogram("martlet_journal_sync_seconds",
                   "How long the disk took; acknowledgements wait for it.", journal_->sync_times());
    list.counter("martlet_journal_records_total", "Records written.", stats.records_written);
    list.counter("martlet_journal_written_bytes_total", "Bytes written.", stats.bytes_written);
    list.counter("martlet_journal_errors_total", "Writes and syncs that failed.", stats.errors);
    list.gauge("martlet_journal_full", "1: the disk takes nothing more.", stats.is_full ? 1 : 0);
    list.gauge("martlet_journal_bytes", "Size of the files.", stats.log.bytes);
    list.gauge("martlet_journal_live_bytes", "Of these, what is still needed.",
               stats.log.live_bytes);
    list.gauge("martlet_journal_live_records", "Records that are still needed.",
               stats.log.live_records);
}

void Metrics::collect_ingest(std::vector<http::Metric>& metrics) const {
    const telemetry::IngestCounts& counts = ingest_->counts();
    MetricList list(metrics);
    list.counter("martlet_telemetry_messages_total", "Messages that telemetry has read.",
                 counts.messages.load());
    list.counter("martlet_telemetry_repeated_messages_total",
                 "Messages that came again after a restart and were stored already.",
                 counts.repeated.load());
    list.counter("martlet_telemetry_samples_total", "Samples that decoders found.",
                 counts.samples.load());
    list.counter("martlet_telemetry_commits_total", "Transactions of the store.",
                 counts.commits.load());
    list.counter("martlet_telemetry_failed_commits_total",
                 "Transactions that the store did not take; they are tried again.",
                 counts.failed_commits.load());
    list.counter("martlet_telemetry_refused_rows_total",
                 "Rows that the store will never take; they are left out.",
                 counts.refused_rows.load());
    for (std::size_t i = 0; i < telemetry::kDrops; i++) {
        auto reason = telemetry::drop_name(static_cast<telemetry::Drop>(i));
        list.counter("martlet_telemetry_dropped_values_total",
                     "Values that decoders found and that are not stored.",
                     counts.dropped[i].load(), {{"reason", std::string(reason)}});
    }
    list.counter("martlet_telemetry_late_samples_total",
                 "Samples older than the newest of their series.", counts.late_samples.load());
    list.counter("martlet_telemetry_mended_times_total",
                 "Times that were none, or far ahead: that of receipt was taken.",
                 counts.mended_times.load());
    list.counter("martlet_telemetry_cut_texts_total", "Texts that were too long or no UTF-8.",
                 counts.cut_texts.load());
    list.counter("martlet_telemetry_counter_resets_total", "Counters that began again.",
                 counts.counter_resets.load());
    list.counter("martlet_telemetry_meters_replaced_total", "Meters that fell: others, it seems.",
                 counts.meters_replaced.load());
    list.counter("martlet_telemetry_counter_jumps_total",
                 "Counters and meters that grew faster than the configuration thinks likely.",
                 counts.counter_jumps.load());
    list.gauge("martlet_telemetry_waiting_bytes",
               "Bytes of messages that telemetry was given and has not stored.",
               counts.waiting_bytes.load());
    list.gauge("martlet_telemetry_sources", "Sources that are known.", counts.sources.load());
    list.gauge("martlet_telemetry_series", "Series that are known.", counts.series.load());
    list.histogram("martlet_telemetry_commit_seconds", "How long the store took for a transaction.",
                   counts.commit_seconds);
    list.histogram("martlet_telemetry_lag_seconds",
                   "From the receipt of a message until it was stored, for the oldest one of each "
                   "transaction.",
                   counts.lag_seconds);
    list.counter("martlet_mesh_pairs_forgotten_total",
                 "Pairs of mesh nodes that made room for others.",
                 ingest_->mesh_traffic().forgotten());
}

void Metrics::collect_decoders(std::vector<http::Metric>& metrics) const {
    MetricList list(metrics);
    for (const telemetry::OutcomeTotal& total : ingest_->outcomes().totals()) {
        list.counter("martlet_decoded_messages_total",
                     "Messages that decoders saw, by what became of them.", total.messages,
                     {{"decoder", total.decoder},
                      {"verdict", std::string(telemetry::verdict_name(total.verdict))},
                      {"problem", total.problem}});
    }
}

}  // namespace martlet::server
