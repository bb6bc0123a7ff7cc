#include "base/hash_map.h"
#include "base/text.h"
#include "broker/records.h"
#include "cli/store/commands.h"

namespace martlet::cli {

namespace {

struct Tally {
    std::uint64_t subscriptions = 0;
    std::uint64_t messages = 0;
    std::uint64_t retained = 0;
    std::uint64_t unknown = 0;
    HashSet<journal::Key> sessions;
    HashSet<journal::Key> shared;  // messages that stand by themselves
    // How many records name a session or a shared message.
    HashMap<journal::Key, std::uint64_t> session_uses;
    HashMap<journal::Key, std::uint64_t> shared_uses;

    void add(journal::Key key, ByteView value);
};

// What names something that is not there. The broker removes it at its next start.
std::uint64_t strays(const HashMap<journal::Key, std::uint64_t>& uses,
                     const HashSet<journal::Key>& there) {
    std::uint64_t count = 0;
    for (const auto& [key, number] : uses)
        if (!there.contains(key)) count += number;
    return count;
}

void Tally::add(journal::Key key, ByteView value) {
    broker::Record record;
    if (!broker::decode(value, record)) {
        unknown++;
        return;
    }
    subscriptions += std::holds_alternative<broker::SubscriptionRecord>(record);
    retained += std::holds_alternative<broker::RetainedRecord>(record);
    if (std::holds_alternative<broker::SessionRecord>(record)) sessions.insert(key);
    if (std::holds_alternative<broker::MessageRecord>(record)) shared.insert(key);
    if (const auto* delivery = std::get_if<broker::DeliveryRecord>(&record)) {
        messages++;
        if (delivery->message_key != 0) shared_uses[delivery->message_key]++;
        // Without its session it goes back to its share group.
        if (!delivery->group.empty()) return;
    }
    std::visit(
        [&](const auto& r) {
            if constexpr (requires { r.session; }) session_uses[r.session]++;
        },
        record);
}

// How many of them lose something: an end that was torn off was never acknowledged.
std::size_t print_damages(const journal::Recovery& recovery) {
    std::size_t count = 0;
    for (const journal::Damage& damage : recovery.damages) {
        bool is_torn = damage.kept_as.empty();
        count += !is_torn;
        std::printf("%s: %s at byte %llu of %s (%llu bytes)\n", is_torn ? "unfinished" : "damage",
                    damage.what.c_str(), static_cast<unsigned long long>(damage.at),
                    damage.file.c_str(), static_cast<unsigned long long>(damage.bytes));
    }
    return count;
}

void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace

int check_store(const StorePlace& place) {
    Tally tally;
    journal::Recovery recovery;
    auto stats = look_at_store(
        place, [&](journal::Key key, ByteView value) { tally.add(key, value); }, recovery);
    if (!stats) return fail_store(stats.error().text);
    print(fmt::format("{}\n{} sessions, {} subscriptions, {} messages for sessions, {} retained\n",
                      place.path, tally.sessions.size(), tally.subscriptions, tally.messages,
                      tally.retained));
    print(fmt::format("{} files, {} bytes read, {} records of {} bytes live\n", recovery.segments,
                      recovery.bytes, recovery.records, stats.value().live_bytes));
    if (tally.unknown > 0)
        print(fmt::format("{} records are of a kind that this version does not know\n",
                          tally.unknown));
    if (std::uint64_t count = strays(tally.session_uses, tally.sessions); count > 0)
        print(fmt::format("{} records belong to no session; the broker removes them\n", count));
    if (std::uint64_t count = strays(tally.shared_uses, tally.shared); count > 0)
        print(fmt::format("{} of the messages have lost their content; the broker removes them\n",
                          count));
    std::size_t damages = print_damages(recovery);
    if (damages == 0) return print("sound\n"), 0;
    print(fmt::format("{} damaged {}: the broker goes on with what is sound\n", damages,
                      damages == 1 ? "stretch" : "stretches"));
    return kExitDamaged;
}

}  // namespace martlet::cli
