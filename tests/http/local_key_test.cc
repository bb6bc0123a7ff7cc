// The key for commands on the broker's machine: who can read it, whom it lets in, and what is left
// of it after the broker's end.

#include "http/accounts/local_key.h"

#include "http/accounts/access.h"
#include "http/accounts/accounts.h"
#include "tests/auth/temporary_folder.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace martlet::http {
namespace {

constexpr const char* kUrl = "http://localhost:8080";

class Keyed : public testing::Test {
  protected:
    TemporaryFolder folder_;
    std::string path_ = folder_.path("local.key");
    std::unique_ptr<Access> access_ = opened();

    static std::unique_ptr<Access> opened() {
        auto access = Access::open(Options());
        return access ? std::move(access).value() : nullptr;
    }
    Request request_with(const std::string& secret) const {
        Request request;
        request.peer = "127.0.0.1:40000";
        request.is_local = true;
        request.headers = {{"authorization", "Bearer " + secret}};
        return request;
    }
};

TEST_F(Keyed, WhoeverReadsTheFileIsAnAdmin) {
    ASSERT_TRUE(access_->open_to_commands(path_, kUrl));
    auto key = read_local_key(path_);
    ASSERT_TRUE(key);
    EXPECT_EQ(key.value().url, kUrl);
    EXPECT_TRUE(key.value().is_broker_running);
    Request request = request_with(key.value().secret);
    EXPECT_TRUE(access_->identify(request));
    EXPECT_EQ(request.caller.account, kLocalAccount);
    EXPECT_EQ(request.caller.role, Role::Admin);
    EXPECT_TRUE(access_->is_own_wish(request));
}

TEST_F(Keyed, NobodyElseIs) {
    Request before = request_with("");
    EXPECT_FALSE(access_->identify(before)) << "an empty key where there is none";
    ASSERT_TRUE(access_->open_to_commands(path_, kUrl));
    std::string secret = read_local_key(path_).value().secret;
    for (const std::string& wrong : {std::string(), secret.substr(1), secret + "0",
                                     std::string(secret.size(), '0'), std::string("(local)")}) {
        Request request = request_with(wrong);
        EXPECT_FALSE(access_->identify(request)) << wrong;
        EXPECT_EQ(request.caller.role, Role::Nobody);
    }
    Request remote = request_with(secret);
    remote.is_local = false;
    remote.peer = "192.0.2.7:40000";
    EXPECT_FALSE(access_->identify(remote)) << "a key that was carried to another machine";
}

TEST_F(Keyed, AListenerOfOneAddressIsAskedFromThatAddress) {
    ASSERT_TRUE(access_->open_to_commands(path_, "http://192.0.2.1:8080"));
    Request request = request_with(read_local_key(path_).value().secret);
    request.is_local = false;
    request.peer = "192.0.2.1:40000";
    EXPECT_TRUE(access_->identify(request));
    request.peer = "192.0.2.10:40000";
    EXPECT_FALSE(access_->identify(request));
}

TEST_F(Keyed, OnlyTheOwnerMayReadTheFile) {
    folder_.write("local.key", "of somebody else");
    ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
    ASSERT_TRUE(access_->open_to_commands(path_, kUrl));
    struct stat facts {};
    ASSERT_EQ(stat(path_.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600u);
    EXPECT_EQ(facts.st_uid, geteuid());
}

TEST_F(Keyed, IsAnotherAtEachStartAndGoneAfterTheEnd) {
    ASSERT_TRUE(access_->open_to_commands(path_, kUrl));
    std::string first = read_local_key(path_).value().secret;
    access_.reset();
    auto gone = read_local_key(path_);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, ENOENT);
    access_ = opened();
    ASSERT_TRUE(access_->open_to_commands(path_, kUrl));
    EXPECT_NE(read_local_key(path_).value().secret, first);
    Request request = request_with(first);
    EXPECT_FALSE(access_->identify(request));
}

TEST_F(Keyed, AFileThatAKilledBrokerLeftIsKnownAsSuch) {
    folder_.write("local.key", "key 0123\nurl http://localhost:8080\n");
    auto left = read_local_key(path_);
    ASSERT_TRUE(left);
    EXPECT_FALSE(left.value().is_broker_running);
    EXPECT_TRUE(access_->open_to_commands(path_, kUrl)) << "the next broker takes its place";
}

TEST_F(Keyed, TwoBrokersDoNotShareOne) {
    ASSERT_TRUE(access_->open_to_commands(path_, kUrl));
    auto second = opened();
    Status refused = second->open_to_commands(path_, "http://localhost:8081");
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().text.find("another broker"), std::string::npos);
    second.reset();
    EXPECT_TRUE(read_local_key(path_)) << "the first one's is still there";
}

TEST_F(Keyed, AFolderThatIsNotThereIsAnErrorAndNoEnd) {
    EXPECT_FALSE(access_->open_to_commands(folder_.path("no/local.key"), kUrl));
    EXPECT_FALSE(read_local_key(folder_.write("other", "key \nurl \n")));
}

TEST_F(Keyed, ItsTokensLiveWithoutAnAccount) {
    Accounts& accounts = access_->accounts();
    Token token{"", "grafana", Role::Viewer, "", std::string(kLocalAccount), 5, 0};
    std::string secret;
    ASSERT_EQ(accounts.add_token(token, secret), Change::Made);
    Request request = request_with(secret);
    EXPECT_TRUE(access_->identify(request));
    EXPECT_EQ(request.caller.role, Role::Viewer);
    EXPECT_EQ(accounts.add(kLocalAccount, Role::Admin, "correct horse"), Change::BadName)
        << "nobody can take the name";
}

TEST_F(Keyed, TheFirstAccountIsAnAdmin) {
    Accounts& accounts = access_->accounts();
    EXPECT_EQ(accounts.add("eve", Role::Viewer, "correct horse"), Change::LastAdmin);
    EXPECT_TRUE(accounts.is_empty());
    EXPECT_EQ(accounts.add("ann", Role::Admin, "correct horse"), Change::Made);
    EXPECT_EQ(accounts.add("eve", Role::Viewer, "correct horse"), Change::Made);
}

}  // namespace
}  // namespace martlet::http
