#pragma once

// Tells systemd how the service fares (Type=notify), when NOTIFY_SOCKET is set. Main thread.

namespace martlet::server {

void notify_ready();
void notify_stopping();

}  // namespace martlet::server
