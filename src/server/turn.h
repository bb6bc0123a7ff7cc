#pragma once

// One thread: a loop, a shard, and the connections of both, which come from the front. Owned by
// Server; run() is the thread's function, and everything else but the constructor belongs to that
// thread.

#include "broker/shard.h"
#include "broker/sys.h"
#include "net/loop.h"
#include "net/stream.h"
#include "server/bridges.h"
#include "server/http_ports.h"
#include "server/lingering.h"
#include "server/mail.h"
#include "server/mqtt_port.h"
#include "server/process_values.h"
#include "server/reload_gate.h"
#include "server/tls_contexts.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace martlet::server {

class Turn {
  public:
    Turn(std::uint32_t index, broker::Shared& shared, Mailboxes& mailboxes, const ReloadGate& gate,
         const TlsContexts& tls, BridgeBoard& board);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    // Before run().
    Status open();
    // Before open(), when some listeners speak HTTP: which, by number; and what holds for /mqtt at
    // each, which outlives it.
    void serve_http(HttpWorkers& workers, std::vector<bool> speaks_http,
                    const std::vector<net::WebsocketOptions>& websockets);
    bool speaks_http(std::uint16_t listener) const { return http_ports_ && speaks_http_[listener]; }
    // After run() and after the workers: its connections, and answers that came too late, are gone.
    void end_http();
    // Returns when the mailbox says stop: clients have been told, wills sent.
    void run();

    broker::Shard& shard() { return shard_; }
    net::Loop& loop() { return loop_; }
    net::Scratch& scratch() { return scratch_; }

    // A socket from the front, with the bytes that were read already: CONNECT at least.
    void add(Socket socket, ByteView unread);
    void resume_later(MqttPort& port);

  private:
    void turn();
    void wait_for_reload();
    void take_mail();
    void resume_ports();
    void write_and_close();
    void remove(MqttPort& port);
    void flush(broker::Connection& connection);
    void remove(broker::Connection& connection);
    Milliseconds next_chore() const;
    void publish_sys();
    void sweep_retained();
    void publish_log_lines();
    void send_wills();
    void close_all();
    void stop();
    void look_at_records();
    void record_rest();

    broker::Shared& shared_;
    Mailboxes& mailboxes_;
    Mailbox& mailbox_;
    const ReloadGate& gate_;
    const TlsContexts& tls_;
    bool has_waited_ = false;  // long enough for the reload that is under way
    net::Loop loop_;
    net::Scratch scratch_;
    broker::Shard shard_;
    std::vector<std::unique_ptr<MqttPort>> ports_;
    Lingering lingering_;
    Bridges bridges_;
    std::unique_ptr<HttpPorts> http_ports_;  // null: no listener speaks HTTP
    std::vector<bool> speaks_http_;
    std::vector<MqttPort*> to_resume_;
    // The first shard only.
    std::unique_ptr<broker::Sys> sys_;
    ProcessMeter meter_;
    Milliseconds record_until_{0};  // while stopping: the disk is waited for so long
    Milliseconds next_sys_{0};
    Milliseconds next_sweep_{0};
    topics::Retained::Position sweep_position_;
};

}  // namespace martlet::server
