// How commands reach a broker: addresses, answers that are none, and which key file is trusted.

#include "cli/api/api.h"

#include "cli/api/door.h"
#include "cli/api/listing.h"
#include "cli/command_tables.h"
#include "http/accounts/local_key.h"
#include "tests/auth/temporary_folder.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <filesystem>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace martlet::cli {
namespace {

// Gives each of the answers to one connection, whatever is asked.
class Server {
  public:
    explicit Server(std::vector<std::string> answers) : answers_(std::move(answers)) {
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof name;
        EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&name), size), 0);
        EXPECT_EQ(listen(listener_, 4), 0);
        getsockname(listener_, reinterpret_cast<sockaddr*>(&name), &size);
        port_ = ntohs(name.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~Server() {
        shutdown(listener_, SHUT_RDWR);
        thread_.join();
        close(listener_);
    }
    Api api() const {
        return Api::make("http://127.0.0.1:" + std::to_string(port_), "secret").value();
    }
    // After the last answer.
    std::string asked() {
        shutdown(listener_, SHUT_RDWR);
        if (thread_.joinable()) thread_.join();
        thread_ = std::thread([] {});
        return asked_;
    }

  private:
    void serve() {
        for (const std::string& answer : answers_) {
            int fd = accept(listener_, nullptr, nullptr);
            if (fd < 0) return;
            char buffer[4096];
            ssize_t got = recv(fd, buffer, sizeof buffer, 0);
            asked_.assign(buffer, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
            send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
            close(fd);
        }
    }

    int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int port_ = 0;
    std::vector<std::string> answers_;
    std::string asked_;
    std::thread thread_;
};

TEST(Api, AddressesAreChecked) {
    for (const char* url : {"http://localhost:8080", "http://localhost:8080/", "http://[::1]:80",
                            "http://example.org", "http://192.0.2.1:1"})
        EXPECT_TRUE(Api::make(url, "t")) << url;
    for (const char* url : {"", "localhost:8080", "http://", "http://:80", "http://a:x",
                            "http://a:99999", "http://a/b", "https://a", "ftp://a"})
        EXPECT_FALSE(Api::make(url, "t")) << url;
    EXPECT_NE(Api::make("https://a", "t").error().text.find("TLS"), std::string::npos);
    EXPECT_FALSE(Api::make("http://a", "t\r\nX: y"));
}

TEST(Api, TheTokenAndTheBodyAreSent) {
    Server server({"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{\"a\": 5}"});
    auto answer = server.api().json("POST", "/x", "{}");
    ASSERT_TRUE(answer) << answer.error().text;
    EXPECT_EQ(answer.value().integer_of("a"), 5);
    std::string asked = server.asked();
    EXPECT_TRUE(asked.starts_with("POST /x HTTP/1.0\r\n")) << asked;
    EXPECT_NE(asked.find("\r\nAuthorization: Bearer secret\r\n"), std::string::npos);
    EXPECT_TRUE(asked.ends_with("\r\nContent-Length: 2\r\n\r\n{}")) << asked;
}

TEST(Api, AnAnswerThatIsCutOrNoneIsAnError) {
    for (const char* bytes :
         {"", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 2x0 OK\r\n\r\n{}",
          "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}", "HTTP/1.1 200 OK\r\n\r\nno json",
          "HTTP/1.1 200 OK\r\n\r\n[1]"})
        EXPECT_FALSE(Server({bytes}).api().json("GET", "/")) << bytes;
}

TEST(Api, ARefusalSaysWhatTheBrokerSays) {
    Server server(
        {"HTTP/1.1 404 x\r\n\r\n{\"error\":{\"status\":404,\"message\":\"no such thing\"}}",
         "HTTP/1.1 401 x\r\n\r\n{}"});
    auto missing = server.api().json("GET", "/");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().text, "Error: no such thing.");
    EXPECT_EQ(missing.error().code, 404);
    auto unknown = server.api().json("GET", "/");
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().text.find("does not know this token"), std::string::npos);
}

TEST(Api, ListsAreFollowedToTheirEnd) {
    Server server({"HTTP/1.1 200 x\r\n\r\n{\"rows\":[{\"n\":1},{\"n\":2}],\"next\":\"a b\"}",
                   "HTTP/1.1 200 x\r\n\r\n{\"rows\":[{\"n\":3}],\"next\":null}"});
    std::string seen;
    Status read =
        for_each_item(server.api(), "/rows?limit=2", "rows", [&](const http::JsonValue& row) {
            seen += member_text(row, "n");
            return true;
        });
    EXPECT_TRUE(read);
    EXPECT_EQ(seen, "123");
    EXPECT_TRUE(server.asked().starts_with("GET /rows?limit=2&after=a%20b HTTP/1.0"));
}

class DoorTest : public testing::Test {
  protected:
    DoorTest() {
        unsetenv("MARTLET_TOKEN");
        unsetenv("MOSQUITTO_PERSISTENCE_LOCATION");
        std::filesystem::current_path(folder_.path(""));
    }
    ~DoorTest() override { std::filesystem::current_path(before_); }

    static Result<Api> opened(std::vector<std::string> words) {
        words.insert(words.begin(), "martlet status");
        std::vector<char*> argv;
        for (std::string& word : words) argv.push_back(word.data());
        return open_door(
            read_arguments(status_table(), static_cast<int>(argv.size()), argv.data()));
    }

    std::filesystem::path before_ = std::filesystem::current_path();
    TemporaryFolder folder_;
};

TEST_F(DoorTest, AUrlNeedsAToken) {
    auto none = opened({"--url", "http://localhost:1"});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, kExitBadUse);
    EXPECT_TRUE(opened({"--url", "http://localhost:1", "--token", "t"}));
    setenv("MARTLET_TOKEN", "t", 1);
    EXPECT_EQ(opened({"--url", "http://localhost:1"}).value().url(), "http://localhost:1");
    EXPECT_EQ(opened({"--data", "nowhere"}).value().url(), "http://localhost:8080")
        << "with a token the usual address is tried";
}

TEST_F(DoorTest, TheKeyOfARunningBrokerIsFoundInItsFolder) {
    {
        auto key = http::LocalKey::make(folder_.path("local.key"), "http://localhost:7");
        ASSERT_TRUE(key);
        EXPECT_EQ(opened({"--data", folder_.path("")}).value().url(), "http://localhost:7");
        EXPECT_EQ(opened({}).value().url(), "http://localhost:7") << "in the folder of the call";
    }
    auto gone = opened({"--data", folder_.path("")});
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, kExitUnreachable);
    EXPECT_NE(gone.error().text.find("No running broker"), std::string::npos);
    folder_.write("local.key", "key 1\nurl http://localhost:7\n");
    auto stale = opened({"--data", folder_.path("")});
    ASSERT_FALSE(stale);
    EXPECT_NE(stale.error().text.find("does not run"), std::string::npos) << stale.error().text;
}

TEST_F(DoorTest, AStrangersKeyIsNotTakenUnlessItIsNamed) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can make somebody else's file";
    auto key = http::LocalKey::make(folder_.path("local.key"), "http://localhost:7");
    ASSERT_TRUE(key);
    ASSERT_EQ(chown(folder_.path("local.key").c_str(), 54321, 54321), 0);
    auto found = opened({});
    EXPECT_TRUE(!found || found.value().url() != "http://localhost:7");
    EXPECT_EQ(opened({"--data", folder_.path("")}).value().url(), "http://localhost:7");
}

}  // namespace
}  // namespace martlet::cli
