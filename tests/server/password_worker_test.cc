#include "server/password_worker.h"

#include "auth/password_hash.h"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <string>
#include <vector>

namespace martlet::server {
namespace {

using broker::PasswordVerdict;

// Gathers the answers in the order in which they come.
class Answers final : public broker::Post {
  public:
    void post(std::uint32_t, std::unique_ptr<broker::LetterBatch> batch) override {
        std::lock_guard lock(mutex_);
        for (auto& letter : batch->letters)
            answers_.push_back(std::get<broker::AdmissionLetter>(letter));
        came_.notify_all();
    }
    void give_back(std::unique_ptr<broker::LetterBatch>) override {}
    std::unique_ptr<broker::LetterBatch> take_back(std::uint32_t) override { return nullptr; }

    std::vector<broker::AdmissionLetter> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        came_.wait_for(lock, std::chrono::seconds(30), [&] { return answers_.size() >= count; });
        return answers_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable came_;
    std::vector<broker::AdmissionLetter> answers_;
};

class PasswordWorkerTest : public ::testing::Test {
  protected:
    static auth::PasswordHash hash_of(std::uint32_t iterations, std::string_view password) {
        auto made = auth::PasswordHash::make(auth::HashScheme::Pbkdf2Sha512, iterations,
                                             as_bytes(password));
        EXPECT_TRUE(made.ok());
        return std::move(made).value();
    }
    static broker::HashChecker::Check check_of(const auth::PasswordHash& hash, std::uint32_t number,
                                               std::string_view password) {
        broker::HashChecker::Check check;
        check.connection.index = number;
        check.hash = &hash;
        check.password.assign(password.begin(), password.end());
        return check;
    }

    Answers answers;
};

TEST_F(PasswordWorkerTest, SaysWhetherEachPasswordIsRight) {
    auth::PasswordHash hash = hash_of(100, "secret");
    PasswordWorker worker(answers);
    EXPECT_TRUE(worker.check(check_of(hash, 0, "secret"), "here"));
    EXPECT_TRUE(worker.check(check_of(hash, 1, "Secret"), "here"));
    for (const broker::AdmissionLetter& answer : answers.wait_for(2)) {
        EXPECT_EQ(answer.verdict,
                  answer.connection.index == 0 ? PasswordVerdict::Right : PasswordVerdict::Wrong);
    }
}

// hardening: a flood of log-ins from one place must not keep everybody else out.
TEST_F(PasswordWorkerTest, AFloodFromOneNetworkDoesNotDelayAnother) {
    auth::PasswordHash slow = hash_of(20'000, "secret");
    PasswordWorker worker(answers);
    constexpr std::uint32_t kFlood = 300;
    for (std::uint32_t i = 0; i < kFlood; i++)
        ASSERT_TRUE(worker.check(check_of(slow, i, "guess"), "flood"));
    ASSERT_TRUE(worker.check(check_of(slow, kFlood, "secret"), "somebody"));
    auto all = answers.wait_for(kFlood + 1);
    ASSERT_EQ(all.size(), kFlood + 1);
    std::size_t place = 0;
    while (all[place].connection.index != kFlood) place++;
    EXPECT_EQ(all[place].verdict, PasswordVerdict::Right);
    // Before it came those that were checked while the flood was being put in.
    EXPECT_LT(place, kFlood / 2);
}

TEST_F(PasswordWorkerTest, OneThatWaitedTooLongIsNotChecked) {
    auth::PasswordHash hash = hash_of(100, "secret");
    PasswordWorker worker(answers, std::chrono::milliseconds(-1));
    EXPECT_TRUE(worker.check(check_of(hash, 0, "secret"), "here"));
    auto all = answers.wait_for(1);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].verdict, PasswordVerdict::TooLate);
}

TEST_F(PasswordWorkerTest, OneNetworkNeverTakesAllTheRoom) {
    auth::PasswordHash slow = hash_of(1'000'000, "secret");
    PasswordWorker worker(answers);
    std::string large(65'535, 'x');
    std::size_t taken = 0;
    while (taken < 1000 && worker.check(check_of(slow, 0, large), "flood")) taken++;
    // Half of the room, and the two that the workers have begun with.
    std::size_t half = PasswordWorker::kBytesMax / 2 / (large.size() + 256);
    EXPECT_GE(taken, half);
    EXPECT_LE(taken, half + 3);
    EXPECT_TRUE(worker.check(check_of(slow, 1, "secret"), "somebody"));
}

}  // namespace
}  // namespace martlet::server
