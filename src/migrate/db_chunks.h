#pragma once

// The chunks of a mosquitto.db, one function a kind. Each reads its fields from the reader and
// appends to the database; what is wrong stays in the reader. Used by mosquitto_db.cc only.

#include "migrate/db_reader.h"
#include "migrate/mosquitto_db.h"

namespace martlet::migrate {

enum class DbChunk : std::uint32_t {
    Config = 1,
    Message = 2,
    ClientMessage = 3,
    Retain = 4,
    Subscription = 5,
    Client = 6,
};

// False: a kind that is not known; nothing was read.
// Versions 5 and 6: C structures, then what varies in size. The reader is narrowed to the chunk.
bool read_chunk(DbReader& reader, DbChunk kind, MosquittoDb& db);
// Versions 3 and 4: fields one after the other. Their writers did not always get the chunk's length
// right, and mosquitto does not rely on it; neither do we, but for the size of a time.
bool read_old_chunk(DbReader& reader, DbChunk kind, std::size_t length, MosquittoDb& db);

// Whether the values of the last message, client message or subscription can be; else the reader
// fails at `at`.
void check_qos(DbReader& reader, std::size_t at, std::uint8_t qos);
void check_client_message(DbReader& reader, std::size_t at, const DbClientMessage& message);
void check_id_size(DbReader& reader, std::uint8_t size);

}  // namespace martlet::migrate
