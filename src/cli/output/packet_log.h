#pragma once

// -d: a line on stdout for each packet, as mosquitto's clients show them. One thread.

#include "client/listener.h"
#include "mqtt/frame.h"
#include "mqtt/types.h"

#include <string>

namespace martlet::cli {

class PacketLog : public client::Tap {
  public:
    PacketLog(mqtt::Version version, const std::string& client_id);

    void on_sent(ByteView packet) override;
    void on_received(ByteView packet) override;

  private:
    void show(const std::string& rest) const;
    void show_publish(const char* verb, const mqtt::FrameHead& head, ByteView body);
    void show_ack(bool is_sent, const mqtt::FrameHead& head, ByteView body);
    void show_subscribe(const mqtt::FrameHead& head, ByteView body) const;
    void show_unsubscribe(const mqtt::FrameHead& head, ByteView body) const;
    void show_disconnect(const mqtt::FrameHead& head, ByteView body) const;

    mqtt::Version version_;
    std::string client_id_;
};

}  // namespace martlet::cli
