#include "config/keys/listener_line.h"

#include "config/values.h"

namespace martlet::config {

Status set_listener(Entry& entry) {
    std::string_view word = entry.words.next();
    if (word.empty()) return invalid("Error: Empty 'listener port' value in configuration.");
    std::int64_t port = 0;
    if (!parse_number(word, port)) return invalid("Error: 'listener port' value not a number.");
    if (port < 0 || port > 65535)
        return invalid(fmt::format("Error: Invalid 'port' value ({}).", port));
    std::string_view where = entry.words.next();
    if (where.starts_with('#')) where = {};
    if (port == 0 && where.empty())
        return invalid("Error: A listener with port 0 must provide a Unix socket path.");

    ListenerDraft listener;
    listener.place = entry.place;
    listener.net.port = static_cast<std::uint16_t>(port);
    (port == 0 ? listener.net.unix_path : listener.net.address) = where;
    entry.draft.is_open_to_others = true;
    entry.context.listener = &entry.draft.listeners.emplace_back(std::move(listener));
    entry.context.is_between_listeners = false;
    return Done{};
}

void use_default_listener(Entry& entry) {
    Draft& draft = entry.draft;
    if (draft.default_listener == nullptr) {
        ListenerDraft& listener = draft.listeners.emplace_back();
        listener.is_default = true;
        listener.place = entry.place;
        draft.default_listener = &listener;
    }
    FileContext& context = entry.context;
    if (context.listener != nullptr && !context.listener->is_default)
        context.is_between_listeners = true;
    context.listener = draft.default_listener;
}

}  // namespace martlet::config
