#include "server/mail.h"

#include <gtest/gtest.h>

#include <thread>

namespace martlet::server {
namespace {

std::unique_ptr<broker::LetterBatch> batch_of(std::uint32_t from, std::uint64_t number) {
    auto batch = std::make_unique<broker::LetterBatch>();
    batch->from = from;
    batch->bytes = number;
    return batch;
}

// Three shards post to one that sleeps and wakes; each one's batches come in its order, none is
// lost, and emptied ones find their way back.
TEST(Mailboxes, BatchesComeInOrderAndGoBack) {
    constexpr std::uint64_t kEach = 5000;
    Mailboxes mail(4);
    net::Loop loop;
    ASSERT_TRUE(loop.open().ok());
    mail.at(0).loop = &loop;
    std::vector<std::thread> threads;
    for (std::uint32_t from = 1; from < 4; from++) {
        threads.emplace_back([&, from] {
            for (std::uint64_t n = 1; n <= kEach; n++) {
                auto batch = mail.take_back(from);
                if (!batch) batch = std::make_unique<broker::LetterBatch>();
                batch->from = from;
                batch->bytes = n;
                mail.post(0, std::move(batch));
            }
        });
    }
    std::uint64_t last[4] = {};
    for (std::uint64_t got = 0; got < 3 * kEach;) {
        InboxNode* node = mail.at(0).letters.take_all();
        if (node == nullptr && mail.at(0).letters.prepare_sleep()) {
            loop.wait(Milliseconds(10'000));
            mail.at(0).letters.end_sleep();
        }
        while (node != nullptr) {
            std::unique_ptr<broker::LetterBatch> batch(
                static_cast<broker::LetterBatch*>(std::exchange(node, node->next)));
            ASSERT_EQ(batch->bytes, ++last[batch->from]);
            got++;
            mail.give_back(std::move(batch));
        }
    }
    for (std::thread& thread : threads) thread.join();
}

TEST(Mailboxes, FreesWhatNobodyTook) {
    Mailboxes mail(2);
    net::Loop loop;
    ASSERT_TRUE(loop.open().ok());
    mail.at(1).loop = &loop;
    mail.post(1, batch_of(0, 1));
    mail.give_back(batch_of(0, 2));
    mail.give_back(batch_of(0, 3));
    auto moved = std::make_unique<MovedConnection>();
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    moved->socket.fd = ends[0];
    mail.move(1, std::move(moved));
    close(ends[1]);
}

}  // namespace
}  // namespace martlet::server
