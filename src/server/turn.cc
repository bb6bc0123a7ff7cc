#include "server/turn.h"

#include "base/log.h"
#include "server/connection_limit.h"
#include "server/log_topics.h"

#include <algorithm>
#include <unistd.h>

namespace martlet::server {

namespace {

using std::chrono::seconds;

constexpr Milliseconds kLastWrite{10'000};
constexpr Milliseconds kLastLook{50};
// A reload that takes longer (a huge password file, a slow disk) does not keep the traffic waiting.
constexpr Milliseconds kReloadWait{2000};

// Lines of the front join those of this thread, which are published.
void take_logged_lines(Inbox& inbox) {
    for (InboxNode* node = inbox.take_all(); node != nullptr;) {
        std::unique_ptr<LoggedLines> logged(
            static_cast<LoggedLines*>(std::exchange(node, node->next)));
        log_lines().insert(log_lines().end(), logged->lines.begin(), logged->lines.end());
    }
}

}  // namespace

Turn::Turn(std::uint32_t index, broker::Shared& shared, Mailboxes& mailboxes,
           const ReloadGate& gate, const TlsContexts& tls, BridgeBoard& board)
    : shared_(shared),
      mailboxes_(mailboxes),
      mailbox_(mailboxes.at(index)),
      gate_(gate),
      tls_(tls),
      shard_(index, shared, read_clocks()),
      lingering_(loop_, scratch_),
      bridges_(shard_, loop_, scratch_, lingering_, board) {
    mailbox_.loop = &loop_;
}

Turn::~Turn() {
    ports_.clear();
}

void Turn::serve_http(HttpWorkers& workers, std::vector<bool> speaks_http,
                      const std::vector<net::WebsocketOptions>& websockets) {
    http_ports_ =
        std::make_unique<HttpPorts>(shard_.index(), loop_, scratch_, shard_.now(), workers);
    http_ports_->serve_websockets(&websockets);
    speaks_http_ = std::move(speaks_http);
}

void Turn::end_http() {
    http_ports_.reset();
    for (InboxNode* node = mailbox_.answers.take_all(); node != nullptr;)
        delete static_cast<HttpAnswer*>(std::exchange(node, node->next));
}

Status Turn::open() {
    Status status = loop_.open();
    if (!status) return status;
    if (!loop_.watch_signal(gate_.fd())) return Error{"Error: Unable to watch for signals.", 1};
    if (shard_.index() == 0)
        sys_ = std::make_unique<broker::Sys>(shard_, "martlet version " MARTLET_VERSION);
    return Done{};
}

void Turn::run() {
    take_part_in_log_topics();
    while (mailbox_.wanted.load(std::memory_order_acquire) != Stopping::Ended) {
        turn();
        Stopping wanted = mailbox_.wanted.load(std::memory_order_acquire);
        Stopping reached = mailbox_.reached.load(std::memory_order_relaxed);
        if (wanted == Stopping::WillsSent && reached == Stopping::No) send_wills();
        if (wanted == Stopping::Closed && reached == Stopping::WillsSent) close_all();
        if (wanted == Stopping::Recorded && reached == Stopping::Closed) look_at_records();
    }
    stop();
}

void Turn::turn() {
    Milliseconds longest =
        std::max(std::min(shard_.next_wake(), next_chore()) - shard_.now().steady, Milliseconds(0));
    if (!to_resume_.empty() || !mailbox_.letters.prepare_sleep()) longest = Milliseconds(0);
    std::span<epoll_event> ready = loop_.wait(longest);
    mailbox_.letters.end_sleep();
    shard_.begin_turn(read_clocks());
    if (loop_.has_signal() || gate_.is_shut())
        wait_for_reload();
    else
        has_waited_ = false;
    for (const epoll_event& event : ready) {
        take_mail();
        static_cast<net::Watched*>(event.data.ptr)->on_ready(event.events);
    }
    take_mail();
    resume_ports();
    shard_.run_timers();
    if (http_ports_) http_ports_->run_timers();
    bridges_.take(mailbox_.bridges);
    bridges_.run();
    if (sys_) {
        publish_sys();
        sweep_retained();
        take_logged_lines(mailbox_.logged);
    }
    if (!log_lines().empty()) publish_log_lines();
    write_and_close();
    log::flush();
}

// Between SIGHUP and the new settings letters are taken, bytes are not.
void Turn::wait_for_reload() {
    Milliseconds deadline = shard_.now().steady + kReloadWait;
    while (!has_waited_ && gate_.must_wait()) {
        Milliseconds longest = mailbox_.letters.prepare_sleep() ? kLastLook : Milliseconds(0);
        loop_.wait_for_wake(longest);
        mailbox_.letters.end_sleep();
        shard_.begin_turn(read_clocks());
        take_mail();
        has_waited_ = shard_.now().steady >= deadline;
        if (has_waited_)
            log::warning(
                "Warning: The reload takes longer than {} s: shard {} goes on with the old "
                "settings "
                "until it is done.",
                kReloadWait.count() / 1000, shard_.index());
    }
    take_mail();
}

void Turn::take_mail() {
    // Before the letters are looked at: a connection that another shard has judged by new settings
    // finds them here as well.
    InboxNode* moved_here = mailbox_.moved.take_all();
    for (InboxNode* node = mailbox_.letters.take_all(); node != nullptr;) {
        auto* batch = static_cast<broker::LetterBatch*>(std::exchange(node, node->next));
        shard_.receive_letters(std::unique_ptr<broker::LetterBatch>(batch));
    }
    for (InboxNode* node = moved_here; node != nullptr;) {
        std::unique_ptr<MovedConnection> moved(
            static_cast<MovedConnection*>(std::exchange(node, node->next)));
        add(std::move(moved->socket), moved->unread);
    }
    if (http_ports_) http_ports_->take(mailbox_.answers);
}

void Turn::resume_ports() {
    std::vector<MqttPort*> ports;
    ports.swap(to_resume_);
    for (MqttPort* port : ports) {
        port->wants_resume_ = false;
        if (!port->connection_.is_closing()) port->stream_.resume(*port);
    }
}

// Letters before sockets: whoever sees our ack must also see what it acknowledges. Closing may
// cause more of both.
void Turn::write_and_close() {
    std::vector<broker::Connection*> closed;
    do {
        std::vector<broker::Connection*> closing = shard_.finish_closing();
        closed.insert(closed.end(), closing.begin(), closing.end());
        shard_.send_letters();
        std::vector<broker::Connection*>& touched = shard_.touched();
        for (std::size_t i = 0; i < touched.size(); i++) {
            touched[i]->is_touched = false;
            flush(*touched[i]);
        }
        touched.clear();
    } while (shard_.has_closing());
    for (broker::Connection* connection : closed) remove(*connection);
    lingering_.end_turn(shard_.now().steady);
    if (!http_ports_) return;
    http_ports_->write_and_close();
    for (std::uint16_t listener : http_ports_->take_closed()) count_closed(shared_, listener);
    for (broker::Refusal refusal : http_ports_->take_refusals()) shard_.counters().refuse(refusal);
    for (auto& upgraded : http_ports_->take_upgraded())
        mailboxes_.move_to_front(std::move(upgraded));
}

void Turn::flush(broker::Connection& connection) {
    if (bridges_.owns(connection))
        return static_cast<Bridge&>(connection.transport()).flush_local();
    static_cast<MqttPort&>(connection.transport()).flush();
}

void Turn::remove(broker::Connection& connection) {
    if (bridges_.owns(connection))
        return static_cast<Bridge&>(connection.transport()).remove_local();
    remove(static_cast<MqttPort&>(connection.transport()));
}

void Turn::remove(MqttPort& port) {
    if (port.wants_resume_) std::erase(to_resume_, &port);
    if (port.stream_.is_open()) {
        count_closed(shared_, port.connection_.listener());
        if (port.say_why()) lingering_.add(port.stream_.release(), shard_.now().steady);
    }
    port.close();
    std::uint32_t place = port.place;
    std::swap(ports_[place], ports_.back());
    ports_[place]->place = place;
    ports_.pop_back();
}

void Turn::add(Socket socket, ByteView unread) {
    std::uint16_t listener = socket.listener;
    if (speaks_http(listener) && !socket.websocket)
        return http_ports_->add(std::move(socket), unread);
    auto port = std::make_unique<MqttPort>(*this, std::move(socket));
    port->place = static_cast<std::uint32_t>(ports_.size());
    if (!port->start()) return count_closed(shared_, listener);
    MqttPort& added = *port;
    ports_.push_back(std::move(port));
    added.stream_.give_unread(unread);
    resume_later(added);
}

void Turn::resume_later(MqttPort& port) {
    if (port.wants_resume_) return;
    port.wants_resume_ = true;
    to_resume_.push_back(&port);
}

// When the loop has something to do besides timers: for all shards only the first has.
Milliseconds Turn::next_chore() const {
    Milliseconds next = std::min(lingering_.next_wake(), bridges_.next_wake());
    if (http_ports_) next = std::min(next, http_ports_->next_wake());
    if (!sys_) return next;
    const broker::Options& options = shard_.options();
    if (options.sys_interval != 0) next = std::min(next, next_sys_);
    if (options.retain_expiry_s != 0) next = std::min(next, next_sweep_);
    return next;
}

void Turn::publish_sys() {
    const Now& now = shard_.now();
    const broker::Options& options = shard_.options();
    if (options.sys_interval == 0 || now.steady < next_sys_) return;
    broker::ProcessValues process = meter_.read();
    for (const TlsContexts::CertificateEnd& end : tls_.certificate_ends()) {
        bool is_first = process.certificate_end_s == 0 || end.at_s < process.certificate_end_s;
        if (is_first) process.certificate_end_s = end.at_s;
    }
    sys_->update(process);
    // On multiples of the interval in wall time, as mosquitto since 2.1.
    std::int64_t interval_ms = std::int64_t{options.sys_interval} * 1000;
    next_sys_ = now.steady + Milliseconds(interval_ms - now.wall.count() % interval_ms);
}

// `retain_expiry_interval`: a stretch each turn, until all have been looked at.
void Turn::sweep_retained() {
    std::uint64_t interval_s = shard_.options().retain_expiry_s;
    Milliseconds now = shard_.now().steady;
    if (interval_s == 0 || now < next_sweep_ || shard_.sweep_retained(sweep_position_)) return;
    sweep_position_ = {};
    next_sweep_ = now + seconds(interval_s);
}

// `log_dest topic`: lines of this thread become messages, at a point of the turn where publishing
// is safe.
void Turn::publish_log_lines() {
    for (const LogLine& line : std::exchange(log_lines(), {})) {
        broker::Publication publication;
        publication.topic = line.topic;
        publication.payload = as_bytes(line.text);
        publication.qos = mqtt::Qos::ExactlyOnce;
        publication.expires_at_ms = (shard_.now().steady + seconds(20)).count();
        shard_.route(publication);
    }
}

void Turn::send_wills() {
    shard_.begin_turn(read_clocks());
    bridges_.stop();
    shard_.send_all_wills();
    write_and_close();
    mailbox_.reached.store(Stopping::WillsSent, std::memory_order_release);
    mailbox_.reached.notify_one();
}

// All shards have sent their wills: what is in the mail now is the last of them.
// From here on clients say nothing more; what they said is still on its way between the shards.
void Turn::close_all() {
    shard_.begin_turn(read_clocks());
    take_mail();
    shard_.shut_down();
    write_and_close();
    mailbox_.reached.store(Stopping::Closed, std::memory_order_release);
    mailbox_.reached.notify_one();
}

// A loop goes on handling letters until all shards have come so far: a message or will of one shard
// is settled when the others have said so.
void Turn::look_at_records() {
    if (record_until_.count() == 0) record_until_ = shard_.now().steady + kLastWrite;
    shard_.record_all();
    if (!shard_.is_settled() && shard_.now().steady < record_until_) return;
    mailbox_.reached.store(Stopping::Recorded, std::memory_order_release);
    mailbox_.reached.notify_one();
}

void Turn::stop() {
    shard_.begin_turn(read_clocks());
    take_mail();
    shard_.shut_down();  // those who came in the last moment
    write_and_close();
    take_mail();
    write_and_close();
    record_rest();
    lingering_.finish();
    log::flush();
}

// What is to outlive the process reaches the disk; a disk that does not take it is not waited for
// for ever.
void Turn::record_rest() {
    while (!shard_.is_recorded() && shard_.now().steady < record_until_) {
        shard_.record_all();
        shard_.send_letters();
        Milliseconds longest = mailbox_.letters.prepare_sleep() ? kLastLook : Milliseconds(0);
        loop_.wait(longest);
        mailbox_.letters.end_sleep();
        shard_.begin_turn(read_clocks());
        take_mail();
    }
}

}  // namespace martlet::server
