#pragma once

// All that crosses shards. A closed set of kinds; a batch of letters is what one shard has to say
// to another at the end of a turn. A letter owns what it carries and names sessions by handle,
// never by pointer.

#include "base/body.h"
#include "base/inbox.h"
#include "base/slots.h"
#include "broker/question.h"
#include "broker/shard_batch.h"
#include "broker/shard_reading.h"
#include "broker/tap.h"
#include "topics/share_group.h"

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace martlet::broker {

struct Snapshot;

// A message for the receiver's own subscribers and share groups.
struct PublishLetter {
    BodyRef message;
    std::uint64_t number = 0;             // retained: its number
    std::shared_ptr<ExactMessage> exact;  // null: it is none (broker/exact.h)
};

// A share group's home picked this session, which lives in the receiving shard.
struct DeliverLetter {
    BodyRef message;
    std::uint64_t number = 0;
    topics::GroupMember member;
    std::shared_ptr<ExactMessage> exact;
};

// An ended session gives a message back to its share group, whose home is the receiving shard.
struct ReturnLetter {
    BodyRef message;
    BodyRef group;  // "GROUP/FILTER"
    std::shared_ptr<ExactMessage> exact;
};

// A member of a share group whose home is the receiving shard came, went, or changed its state.
struct GroupLetter {
    enum class Change : std::uint8_t { Join, Leave, State };
    Change change = Change::Join;
    std::string name;
    std::string filter;
    topics::GroupMember member;
};

// The answer of the password worker, for a connection of the receiving shard.
enum class PasswordVerdict : std::uint8_t {
    Wrong,
    Right,
    TooLate,  // it waited so long that it was not checked any more
};
struct AdmissionLetter {
    SlotHandle connection;
    PasswordVerdict verdict = PasswordVerdict::Wrong;
};

// New settings for all shards.
struct ReloadLetter {
    std::shared_ptr<const Snapshot> snapshot;
};

// Say in the log who is subscribed to what (SIGUSR2).
struct LogSubscriptionsLetter {};

// The sender handled this many bytes of the receiver's letters since it last said so: messages for
// all subscribers, and such for a picked member.
struct CreditLetter {
    std::uint64_t bytes = 0;
    std::uint64_t picked_bytes = 0;
};

// All letters of the receiver that had to be settled, up to this one, are: counted for this pair of
// shards and leg from the first on.
struct SettledLetter {
    Leg leg = Leg::ToShard;
    std::uint64_t count = 0;
};

// QoS 2: what the sender wants written for the receiver's letter with this count, which is settled
// but for that.
struct PreparedLetter {
    Leg leg = Leg::ToShard;
    std::uint64_t count = 0;
    std::vector<ShardBatch::Delivery> copies;
};

// It is on disk, with everything else of that message.
struct CommittedLetter {
    Leg leg = Leg::ToShard;
    std::uint64_t count = 0;
};

// A batch comes back from the journal.
struct JournalLetter {
    std::unique_ptr<ShardBatch> batch;
};

// Messages that were asked for.
struct ReadingLetter {
    std::unique_ptr<ShardReading> reading;
};

// The tap gives back what it has stored.
struct TapLetter {
    std::unique_ptr<TapBatch> batch;
};

// To be published as if a client of the receiving shard had sent it. Nobody waits for it.
struct InjectLetter {
    BodyRef message;
};

// Somebody outside wants to know something.
struct QuestionLetter {
    std::unique_ptr<Question> question;
};

// The journal was full and has room again.
struct RoomLetter {};

// The receiver sends it back. By then the sender has all letters that the receiver posted before it
// handled the mark. See Shard::start_replay.
struct MarkLetter {
    bool is_back = false;
};

using Letter =
    std::variant<PublishLetter, DeliverLetter, std::unique_ptr<GroupLetter>, AdmissionLetter,
                 ReloadLetter, LogSubscriptionsLetter, CreditLetter, SettledLetter, PreparedLetter,
                 CommittedLetter, JournalLetter, ReadingLetter, TapLetter, InjectLetter,
                 QuestionLetter, RoomLetter, MarkLetter, ReturnLetter>;

// What a message costs towards the credit of a pair of shards.
inline std::uint64_t letter_cost(const BodyRef& message) {
    return 64 + message->size();
}

// What crosses in one push. `from` is the sending shard, or kOutside for a worker or the main
// thread.
struct LetterBatch : InboxNode {
    static constexpr std::uint32_t kOutside = UINT32_MAX;
    std::uint32_t from = kOutside;
    std::uint64_t bytes = 0;         // to be credited: of PublishLetters, ReturnLetters
    std::uint64_t picked_bytes = 0;  // of DeliverLetters
    std::vector<Letter> letters;
};

// Where batches go: one for each shard, provided by whoever runs the loops. post() may be called by
// any thread and wakes the shard.
class Post {
  public:
    virtual ~Post() = default;
    virtual void post(std::uint32_t shard, std::unique_ptr<LetterBatch> batch) = 0;
    // An emptied batch goes back to the shard that made it (batch->from), which asks for it with
    // take_back().
    virtual void give_back(std::unique_ptr<LetterBatch> batch) = 0;
    virtual std::unique_ptr<LetterBatch> take_back(std::uint32_t shard) = 0;
};

}  // namespace martlet::broker
