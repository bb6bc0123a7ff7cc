#include "http/answers/csv.h"
#include "http/answers/utf8.h"
#include "tests/http/telemetry_api.h"

namespace martlet::http {
namespace {

class Broker : public TelemetryApi {};

TEST_F(Broker, ValuesAreNumbersWhereTheyAre) {
    broker_.sys = {
        {"version", "martlet 1"}, {"uptime", "12 seconds"}, {"load/sockets/1min", "0.52"}};
    EXPECT_EQ(without_ages(get("/api/v1/broker")),
              "{\"time\":*,\"values\":{\"version\":\"martlet 1\",\"uptime\":\"12 seconds\","
              "\"load/sockets/1min\":0.52}}");
    EXPECT_EQ(get("/api/v1/config"),
              "{\"settings\":[{\"key\":\"user\",\"value\":null,\"is_reloadable\":false,"
              "\"default\":\"mosquitto\"},{\"key\":\"max_qos\",\"value\":\"1\",\"of\":\"1883\","
              "\"is_reloadable\":true,\"default\":\"2\"},{\"key\":\"log_type\",\"value\":\"error\","
              "\"is_reloadable\":true,\"default\":\"all\"},{\"key\":\"log_type\",\"value\":"
              "\"notice\",\"is_reloadable\":true,\"default\":\"all\"}]}");
    EXPECT_EQ(get("/api/v1/broker?x=1"), error(400, "x: nothing can be asked for here"));
    services_.broker = nullptr;
    EXPECT_EQ(ask(Method::Get, "/api/v1/broker").status, 503);
}

TEST_F(Broker, ClientsComeInPages) {
    broker_.sessions = {{"acc/dev/", "acc/dev", "127.0.0.1:5", true, "5.0", 60, -1, 2, 3, 4, 1},
                        {"b", "", "", false, "", 0, 30, 0, 0, 0, 0}};
    EXPECT_EQ(get("/api/v1/clients?limit=1"),
              "{\"clients\":[{\"client_id\":\"acc/dev/\",\"user_name\":\"acc/dev\",\"is_online\":"
              "true,\"peer\":\"127.0.0.1:5\",\"protocol\":\"5.0\",\"keep_alive_s\":60,"
              "\"expiry_s\":null,\"subscriptions\":2,\"queued\":3,\"queued_bytes\":4,"
              "\"in_flight\":1}],\"next\":\"acc/dev/\"}");
    EXPECT_NE(get("/api/v1/clients?after=acc/dev/").find("\"next\":null"), std::string::npos);
    // Client ids with '/' are named with %2F.
    EXPECT_NE(get("/api/v1/clients/acc%2Fdev%2F").find("\"is_online\":true"), std::string::npos);
    EXPECT_EQ(ask(Method::Get, "/api/v1/clients/none").status, 404);
    EXPECT_EQ(get("/api/v1/clients/b/queue"),
              "{\"messages\":[{\"topic\":\"a/b\",\"qos\":1,\"bytes\":5,\"is_in_flight\":true,"
              "\"is_in_journal_only\":false},{\"topic\":\"a/c\",\"qos\":2,\"bytes\":0,"
              "\"is_in_flight\":false,\"is_in_journal_only\":true}]}");
    EXPECT_EQ(ask(Method::Delete, "/api/v1/clients/b?session=true").body,
              "{\"client_id\":\"b\",\"session_removed\":true}");
    EXPECT_EQ(broker_.kicked, std::vector<std::string>{"b and session"});
    EXPECT_EQ(ask(Method::Delete, "/api/v1/clients/c").status, 404);
}

TEST_F(Broker, SubscriptionsAreListed) {
    broker_.sessions.resize(2);
    broker_.sessions[0].client_id = "a";
    broker_.sessions[1].client_id = "b";
    broker_.granted = {{"a", "msh/#", 0}, {"b", "$share/g/x/+", 2}};
    EXPECT_EQ(get("/api/v1/subscriptions?limit=1"),
              "{\"subscriptions\":[{\"client_id\":\"a\",\"filter\":\"msh/#\",\"qos\":0}],"
              "\"has_more\":true}");
    EXPECT_EQ(get("/api/v1/clients/b/subscriptions"),
              "{\"subscriptions\":[{\"client_id\":\"b\",\"filter\":\"$share/g/x/+\",\"qos\":2}],"
              "\"has_more\":false}");
}

TEST_F(Broker, PublishTakesTextAndBytes) {
    EXPECT_EQ(
        ask(Method::Post, "/api/v1/publish", R"({"topic":"a/ö","payload":"hej","qos":1})").body,
        "{\"topic\":\"a/ö\",\"bytes\":3}");
    EXPECT_EQ(ask(Method::Post, "/api/v1/publish",
                  R"({"topic":"b","payload_base64":"AP8=","retain":true})")
                  .status,
              200);
    ASSERT_EQ(broker_.published.size(), 2u);
    EXPECT_EQ(broker_.published[0].qos, 1);
    EXPECT_EQ(broker_.published[1].payload, std::string("\0\xff", 2));
    EXPECT_TRUE(broker_.published[1].retain);
}

TEST_F(Broker, BadMessagesAreNotPublished) {
    for (std::string_view body :
         {R"({"payload":"x"})", R"({"topic":"a"})", R"({"topic":"a","payload":"x","qos":3})",
          R"({"topic":"a","payload":"x","qos":"1"})", R"({"topic":"a","payload":"x","retain":1})",
          R"({"topic":"a","payload":"x","payload_base64":"AA=="})",
          R"({"topic":"a","payload_base64":"A"})", R"({"topic":"a","payload":1})",
          R"({"topic":"a","payload":"x","retian":true})", R"({"topic":"a/#","payload":"x"})", "[1]",
          "", "{"}) {
        EXPECT_EQ(ask(Method::Post, "/api/v1/publish", std::string(body)).status, 400) << body;
    }
    EXPECT_TRUE(broker_.published.empty());
}

TEST_F(Broker, ABusyBrokerIsNotTheSendersFault) {
    broker_.is_busy = true;
    broker_.kept = {{"a", "1"}};
    EXPECT_EQ(ask(Method::Post, "/api/v1/publish", R"({"topic":"a","payload":"x"})").status, 503);
    std::string preview = ask(Method::Delete, "/api/v1/retained?filter=a").body;
    auto at = preview.find("\"confirm\":\"") + 11;
    EXPECT_EQ(
        ask(Method::Delete, "/api/v1/retained?filter=a&confirm=" + preview.substr(at, 16)).status,
        503);
}

// Each control character becomes six of JSON's: a page ends before it fills the memory.
TEST_F(Broker, PagesAreBoundedInBytesToo) {
    for (int i = 0; i < 1000; i++)
        broker_.kept["t" + std::to_string(1000 + i)] = std::string(4096, '<');
    std::string body = get("/api/v1/retained?limit=1000");
    EXPECT_LT(body.size(), 17u << 20);
    std::string next = body.substr(body.find("\"next\":") + 7);
    ASSERT_TRUE(next.starts_with("\"t1")) << next;
    std::string rest = get("/api/v1/retained?limit=1000&after=" + next.substr(1, 5));
    EXPECT_TRUE(rest.ends_with("\"next\":null}"));
    std::size_t messages = 0;
    for (const std::string& page : {body, rest}) {
        for (auto at = page.find("\"topic\""); at != page.npos; at = page.find("\"topic\"", at + 1))
            messages++;
    }
    EXPECT_EQ(messages, 1000u);
}

// Keys in topics are not told, neither in the rows nor as the place where the next page begins.
TEST_F(Broker, KeysOfRetainedTopicsAreNotTold) {
    broker_.kept = {{"a", "1"},
                    {"channels/1/publish/ABCDEFGHIJKLMNOP", "2"},
                    {"channels/1/publish/QRSTUVWXYZABCDEF", "3"},
                    {"channels/1/publish/fields/field1/ABCDEFGHIJKLMNOP", "4"},
                    {"d", "5"}};
    std::string seen;
    std::string after;
    std::size_t pages = 0;
    for (bool has_more = true; has_more && pages < 10; pages++) {
        std::string body = get("/api/v1/retained?limit=1&after=" + after);
        auto topic = body.find("\"topic\":\"") + 9;
        seen += body.substr(topic, body.find('"', topic) - topic) + "\n";
        EXPECT_EQ(body.find("ABCDEF"), body.npos) << body;
        has_more = !body.ends_with("\"next\":null}");
        auto next = body.find("\"next\":\"") + 8;
        after = body.substr(next, body.find('"', next) - next);
        if (auto mark = after.find('#'); mark != after.npos) after.replace(mark, 1, "%23");
    }
    EXPECT_EQ(pages, 5u);
    EXPECT_EQ(seen,
              "a\nchannels/1/publish/***\nchannels/1/publish/***\n"
              "channels/1/publish/fields/field1/***\nd\n");
    for (const char* bad :
         {"a%23x", "a%23", "a%2399999", "a%23-1", "channels/1/publish/ABCDEFGHIJKLMNOQ"})
        EXPECT_EQ(ask(Method::Get, std::string("/api/v1/retained?after=") + bad).status, 400)
            << bad;
    std::string preview = ask(Method::Delete, "/api/v1/retained?filter=channels/%23").body;
    EXPECT_NE(preview.find("\"count\":3"), preview.npos) << preview;
    EXPECT_EQ(preview.find("ABCDEF"), preview.npos) << preview;
    broker_.granted = {{"a", "channels/1/subscribe/json/ABCDEFGHIJKLMNOP", 1}};
    EXPECT_NE(get("/api/v1/subscriptions").find("channels/1/subscribe/json/***"), preview.npos);
}

TEST_F(Broker, RetainedAreLookedAtBeforeTheyAreCleared) {
    broker_.kept = {{"home/a", "1"}, {"home/b", "\xff"}, {"other", "x"}};
    EXPECT_EQ(get("/api/v1/retained?filter=home/%23&limit=1"),
              "{\"messages\":[{\"topic\":\"home/a\",\"qos\":1,\"text\":\"1\",\"bytes\":1,"
              "\"is_cut\":false}],\"next\":\"home/a\"}");
    EXPECT_EQ(get("/api/v1/retained?filter=home/%23&after=home/a"),
              "{\"messages\":[{\"topic\":\"home/b\",\"qos\":1,\"base64\":\"/w==\",\"bytes\":1,"
              "\"is_cut\":false}],\"next\":null}");
    std::string preview = ask(Method::Delete, "/api/v1/retained?filter=home/%23").body;
    std::string expected =
        "{\"filter\":\"home/#\",\"count\":2,\"is_cut\":false,\"topics\":"
        "[\"home/a\",\"home/b\"],\"confirm\":\"";
    ASSERT_TRUE(preview.starts_with(expected)) << preview;
    EXPECT_TRUE(broker_.published.empty());
    std::string confirm = preview.substr(expected.size(), 16);
    EXPECT_TRUE(preview.ends_with("\",\"cleared\":0}"));
    // Something else has come meanwhile.
    broker_.kept["home/c"] = "3";
    EXPECT_EQ(ask(Method::Delete, "/api/v1/retained?filter=home/%23&confirm=" + confirm).status,
              409);
    broker_.kept.erase("home/c");
    EXPECT_EQ(ask(Method::Delete, "/api/v1/retained?filter=home/%23&confirm=" + confirm).body,
              "{\"filter\":\"home/#\",\"cleared\":2}");
    EXPECT_EQ(broker_.kept.size(), 1u);
    for (const char* filter : {"", "a/#/b", "a%23", "a/b%2B", "%00"}) {
        std::string target = std::string("/api/v1/retained?filter=") + filter;
        EXPECT_EQ(ask(Method::Delete, target).status, 400) << filter;
    }
}

TEST_F(Broker, TopicsAreATree) {
    telemetry::Incoming messages[] = {{"lab/room1/t", "21.5", 5, true, 1},
                                      {"lab/room2", "\x01", 6, false, 0},
                                      {"lab/room1/t", "22", 7, false, 0}};
    topics_.add(messages);
    EXPECT_EQ(without_ages(get("/api/v1/topics?prefix=lab")),
              "{\"time\":*,\"prefix\":\"lab\",\"topics\":2,\"messages\":3,\"forgotten\":0,"
              "\"children\":[{\"level\":\"room1\",\"topics\":1,\"has_children\":true,\"last\":"
              "null},{\"level\":\"room2\",\"topics\":1,\"has_children\":false,\"last\":{\"topic\":"
              "\"lab/room2\",\"base64\":\"AQ==\",\"bytes\":1,\"is_cut\":false,\"time\":6,"
              "\"age_ms\":*,\"qos\":0,\"retain\":false,\"messages\":1,\"bytes_total\":1}}],"
              "\"next\":null}");
    EXPECT_EQ(without_ages(get("/api/v1/topics/last?topic=lab/room1/t")),
              "{\"topic\":\"lab/room1/t\",\"text\":\"22\",\"bytes\":2,\"is_cut\":false,\"time\":7,"
              "\"age_ms\":*,\"qos\":0,\"retain\":false,\"messages\":2,\"bytes_total\":6}");
    EXPECT_NE(get("/api/v1/topics/search?text=ROOM2").find("\"topic\":\"lab/room2\""),
              std::string::npos);
    EXPECT_NE(get("/api/v1/topics?prefix=lab&limit=1").find("\"next\":\"room1\""),
              std::string::npos);
    EXPECT_EQ(ask(Method::Get, "/api/v1/topics/last?topic=none").status, 404);
    EXPECT_EQ(ask(Method::Get, "/api/v1/topics/search").status, 400);
}

TEST(Utf8, OnlySoundTextPasses) {
    EXPECT_TRUE(is_utf8("åäö 🦊\n\t"));
    EXPECT_TRUE(is_utf8(""));
    for (std::string_view bad : {"\xff", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                                 "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\x80", "\x1b[2J"}) {
        EXPECT_FALSE(is_utf8(bad)) << bad;
    }
    EXPECT_FALSE(is_utf8(std::string_view("\0", 1)));
    EXPECT_EQ(without_cut_letter("a\xc3"), "a");
    EXPECT_EQ(without_cut_letter("a\xf0\x9f\xa6"), "a");
    EXPECT_EQ(without_cut_letter("aå"), "aå");
    EXPECT_EQ(without_cut_letter("\xff"), "\xff");
}

TEST(Csv, NumbersReadBackAsTheyWere) {
    std::string out;
    for (double number : {0.1, 1e300, -0.0, 5124.956}) {
        append_csv_number(out, number);
        out += ' ';
    }
    append_csv_value(out, std::int64_t(INT64_MIN));
    EXPECT_EQ(out, "0.1 1e+300 -0 5124.956 -9223372036854775808");
}

TEST_F(TelemetryApi, RefusalsSayWhoDidNotComeInAndWhy) {
    broker_.refused = {
        {2000, "connect", "not_authorized", "192.0.2.7:4711", "pump-7", "anna", "wrong password"},
        {1000, "connection", "tls_handshake", "192.0.2.8:1", "", "", "http request"}};
    EXPECT_EQ(get("/api/v1/refusals?limit=1"),
              R"({"refusals":[{"time":2000,"request":"connect","reason":"not_authorized",)"
              R"("peer":"192.0.2.7:4711","client_id":"pump-7","user_name":"anna",)"
              R"("why":"wrong password"}]})");
    EXPECT_NE(get("/api/v1/refusals").find("tls_handshake"), std::string::npos);
}

}  // namespace
}  // namespace martlet::http
