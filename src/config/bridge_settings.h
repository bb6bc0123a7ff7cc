#pragma once

// The names by which this folder knows the parts of bridge/options.h. Any thread.

#include "bridge/options.h"

namespace martlet::config {

using BridgeDirection = bridge::Direction;
using BridgeStart = bridge::Start;
using BridgeReload = bridge::Reload;
using BridgeAddress = bridge::Address;
using BridgeTopic = bridge::Topic;
using BridgeTls = bridge::TlsSettings;
using BridgeRestart = bridge::Restart;
using BridgeTcpKeepalive = bridge::TcpKeepalive;
using BridgeSettings = bridge::Options;

}  // namespace martlet::config
