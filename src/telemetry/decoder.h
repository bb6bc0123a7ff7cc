#pragma once

// A decoder makes named values of a message's payload. It is a function of topic, payload, time
// and of what it remembers of earlier messages (aliases, packets already seen); it does no input
// or output and reads no clock. One object for each rule; one thread at a time.

#include "telemetry/words.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

// A message as the tap saw it. Views.
struct Incoming {
    std::string_view topic;
    std::string_view payload;
    Time received = 0;
    bool retain = false;
    std::uint8_t qos = 0;
    // Of the configuration's rule that chose the decoder; empty: the decoder's own filters did.
    std::string_view filter = {};
    // It came before and could not be read, for lack of a key. What can be told of such a message
    // is stored; only what it says is wanted now.
    bool is_again = false;
};

// A message that a decoder wants published: "please send your birth again".
struct DerivedMessage {
    std::string topic;
    std::string payload;
    std::uint8_t qos = 0;
    bool retain = false;
};

// What a payload was found to be.
enum class Verdict : std::uint8_t {
    Read,       // something came out of it
    Nothing,    // sound, but nothing to keep (a command, an empty retained message)
    Duplicate,  // the same message came before, by another way
    Withheld,   // sound, and kept out by policy (no consent)
    Opaque,     // encrypted with a key that we have not
    Unreadable  // `problem` says why
};

// What came out. Cleared by the caller, so that its memory is used again.
struct Decoded {
    Verdict verdict = Verdict::Nothing;
    // The reason in a few words, the same words for the same reason ("not JSON", "unknown key").
    // Unreadable, Opaque, Withheld: why nothing was read. Read: why a part was left out.
    std::string problem;
    // What the operator could do to get more out of such messages: a line of the configuration.
    std::string hint;
    // The map that read the message; empty: none, the decoder itself.
    std::string map;
    // Whose message it was, as far as could be told, for counting; empty id: nobody's.
    SourceId sender;
    std::vector<SourceNote> notes;
    std::vector<Sample> samples;
    std::vector<Position> positions;
    std::vector<Event> events;
    std::vector<DerivedMessage> messages;
    std::vector<MeshPacket> packets;

    void clear();
    bool is_empty() const;
};

class Decoder {
  public:
    virtual ~Decoder() = default;
    // Any bytes are allowed. Appends to `out`, which is clear.
    virtual void decode(const Incoming& message, Decoded& out) = 0;
};

// Names and values as the configuration gives them: `telemetry_option NAME VALUE`. Several of one
// name are allowed ("key").
using DecoderOptions = std::vector<std::pair<std::string, std::string>>;

// A row of the registry (telemetry/decoders/registry.cc).
struct DecoderKind {
    std::string_view name;
    std::string_view help;                          // one line
    std::vector<std::string_view> default_filters;  // topics that need no configuration
    // An option that is not known or not sound is named in `problem`, and the result is null.
    std::unique_ptr<Decoder> (*make)(const DecoderOptions& options, std::string& problem);
};

// All decoders, those with the more particular topics first.
const std::vector<DecoderKind>& decoder_kinds();
const DecoderKind* find_decoder(std::string_view name);

}  // namespace martlet::telemetry
