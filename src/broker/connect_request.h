#pragma once

// What a CONNECT asked for, kept while its password is checked, until the session takes it over.
// Owned by its Connection.

#include "broker/session.h"
#include "mqtt/packets.h"

#include <memory>
#include <string>

namespace martlet::broker {

struct ConnectRequest {
    std::string client_id;
    std::string user_name;
    bool has_user_name = false;
    bool is_session_present = false;
    bool is_id_assigned = false;
    bool is_keep_alive_cut = false;
    bool is_expiry_cut = false;
    std::string_view refusal;  // why it is refused if the password does not verify; a literal
    std::uint32_t expiry_s = 0;
    std::unique_ptr<Will> will;
};

}  // namespace martlet::broker
