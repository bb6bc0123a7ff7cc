#include "migrate/mosquitto_db.h"

#include "base/text.h"
#include "migrate/db_chunks.h"
#include "migrate/db_reader.h"

#include <algorithm>

namespace martlet::migrate {

namespace {

constexpr std::uint8_t kMagic[] = {0x00, 0xB5, 0x00, 'm', 'o', 's', 'q', 'u',
                                   'i',  't',  't',  'o', ' ', 'd', 'b'};

// Versions 5 and 6.
void read_new(DbReader& reader, MosquittoDb& db) {
    while (reader.is_sound() && reader.left() > 0) {
        std::size_t begin = reader.at();
        auto kind =
            static_cast<DbChunk>(reader.big<std::uint32_t>("the head of a chunk is cut off"));
        auto length = reader.big<std::uint32_t>("the head of a chunk is cut off");
        if (length > reader.left()) reader.fail_at("the chunk is longer than the file", begin);
        if (!reader.is_sound()) return;
        std::size_t end = reader.at() + length;
        reader.narrow(length);
        read_chunk(reader, kind, db);
        if (!reader.is_sound()) return;
        reader.take(end - reader.at(), "");
        reader.widen();
    }
}

// Versions 3 and 4.
void read_old(DbReader& reader, MosquittoDb& db) {
    while (reader.is_sound() && reader.left() > 0) {
        auto kind =
            static_cast<DbChunk>(reader.big<std::uint16_t>("the head of a chunk is cut off"));
        auto length = reader.big<std::uint32_t>("the head of a chunk is cut off");
        if (!reader.is_sound()) return;
        if (!read_old_chunk(reader, kind, length, db))
            reader.take(length, "the chunk is longer than the file");
    }
}

Error broken(const std::string& file, std::size_t at, std::string_view what) {
    return Error{
        fmt::format("Error: {} is a broken mosquitto database: at byte {} {}.", file, at, what)};
}

}  // namespace

bool is_mosquitto_db(ByteView begin) {
    return begin.size() >= sizeof(kMagic) &&
           std::equal(std::begin(kMagic), std::end(kMagic), begin.begin());
}

Result<MosquittoDb> read_mosquitto_db(ByteView bytes, const std::string& file) {
    MosquittoDb db;
    if (!is_mosquitto_db(bytes))
        return Error{fmt::format("Error: {} is no mosquitto database.", file)};
    DbReader reader(bytes);
    reader.take(sizeof(kMagic), "");
    reader.big<std::uint32_t>("the head of the file is cut off");  // a checksum that is always 0
    db.version = reader.big<std::uint32_t>("the head of the file is cut off");
    if (!reader.is_sound()) return broken(file, reader.problem_at(), reader.problem());
    if (db.version < kDbVersionMin || db.version > kDbVersionMax)
        return Error{fmt::format(
            "Error: {} is a mosquitto database of version {}; versions {} to {} can be read.", file,
            db.version, kDbVersionMin, kDbVersionMax)};
    if (db.version >= 5)
        read_new(reader, db);
    else
        read_old(reader, db);
    if (!reader.is_sound()) return broken(file, reader.problem_at(), reader.problem());
    return db;
}

}  // namespace martlet::migrate
