#pragma once

// The bridges as HTTP sees them: reads the board, and sends orders to the loops by mail. Owned by
// HttpSide; any thread.

#include "http/bridge_view.h"
#include "http/metric_source.h"
#include "server/bridge_board.h"
#include "server/mail.h"

#include <string_view>
#include <vector>

namespace martlet::server {

class BridgeDesk final : public http::BridgeView {
  public:
    BridgeDesk(const BridgeBoard& board, Mailboxes& mailboxes)
        : board_(board), mailboxes_(mailboxes) {}

    std::vector<http::BridgeInfo> bridges() override;
    bool order(std::string_view name, http::BridgeAction action) override;

  private:
    const BridgeBoard& board_;
    Mailboxes& mailboxes_;
};

// For /metrics.
void collect_bridges(const BridgeBoard& board, std::vector<http::Metric>& metrics);

}  // namespace martlet::server
