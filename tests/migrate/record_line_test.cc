#include "migrate/record_line.h"

#include "broker/records.h"

namespace martlet::migrate {
namespace {

using broker::Record;

std::vector<std::uint8_t> value_of(const Record& record) {
    std::vector<std::uint8_t> value(broker::encoded_size(record));
    broker::encode(record, value.data());
    return value;
}

void expect_same_again(const Record& record) {
    auto value = value_of(record);
    std::string line = record_line(77, value);
    auto parsed = parse_record_line(line);
    ASSERT_TRUE(parsed.ok()) << line << "\n" << parsed.error().text;
    EXPECT_EQ(parsed.value().key, 77u);
    EXPECT_EQ(parsed.value().value, value) << line;
}

std::string problem_of(std::string_view line) {
    auto parsed = parse_record_line(line);
    return parsed.ok() ? "" : parsed.error().text;
}

broker::MessageRecord some_message(std::string_view payload) {
    static constexpr std::uint8_t kProperties[] = {0x03, 0, 1, 'x'};
    broker::MessageRecord message;
    message.qos = mqtt::Qos::ExactlyOnce;
    message.retain = true;
    message.expires_at_ms = 1'750'000'000'123;
    message.topic = "a/\"b\"/ä";
    message.properties = kProperties;
    message.payload = as_bytes(payload);
    return message;
}

TEST(record_line, every_kind_comes_back_as_it_was) {
    broker::SessionRecord session;
    session.client_id = "c";
    session.user_name = "u";
    session.expiry_s = UINT32_MAX;
    session.listener = 3;
    session.ends_at_ms = 1'750'000'000'123;
    expect_same_again(session);
    session.user_name = "";
    expect_same_again(session);
    session.is_user_known = false;
    session.sent_through = 9;
    session.is_open = true;
    expect_same_again(session);
    session.will.emplace();
    session.will->delay_s = 4;
    session.will->expiry_s = 5;
    session.will->message = some_message("will");
    expect_same_again(session);
    expect_same_again(
        broker::SubscriptionRecord{5, "$share/g/#", mqtt::Qos::AtLeastOnce, true, true, 9});
    expect_same_again(some_message("p"));
    broker::DeliveryRecord delivery;
    delivery.session = 5;
    delivery.qos = mqtt::Qos::AtLeastOnce;
    delivery.retain = true;
    delivery.identifier = 268'435'455;
    delivery.message_key = UINT64_MAX;
    expect_same_again(delivery);
    delivery.message_key = 0;
    delivery.message = some_message("p");
    expect_same_again(delivery);
    delivery.group = "g/t/#";
    expect_same_again(delivery);
    delivery.packet_id = 65535;
    expect_same_again(delivery);
    expect_same_again(broker::SentRecord{5, 65535});
    expect_same_again(broker::ReleasedRecord{5, 1});
    expect_same_again(broker::ReceivedRecord{5, 1});
    broker::RetainedRecord retained;
    retained.number = 9;
    retained.message = some_message("p");
    expect_same_again(retained);
    retained.has_origin = true;
    retained.origin_user = "u";
    retained.origin_client = "c";
    retained.origin_listener = 2;
    expect_same_again(retained);
}

TEST(record_line, every_payload_comes_back_as_it_was) {
    using namespace std::string_view_literals;
    for (std::string_view payload : {""sv, "{\n\t\"a\": 1\r\n}"sv, "\n"sv, "\0"sv, "\xFF\xFE"sv,
                                     "\x7F"sv, "\\u0000"sv, "\xED\xA0\x80"sv, "ä€𝄞"sv, "\x1B[2J"sv})
        expect_same_again(some_message(payload));
}

TEST(record_line, is_for_people_too) {
    broker::RetainedRecord retained;
    retained.number = 1;
    retained.message.topic = "t";
    retained.message.payload = as_bytes("on");
    EXPECT_EQ(
        record_line(4, value_of(retained)),
        R"({"key":4,"kind":"retained","number":1,"message":{"topic":"t","qos":0,"retain":false,)"
        R"("bytes":2,"payload":"on"}})");
    EXPECT_EQ(record_line(5, value_of(broker::SentRecord{4, 7}), "dev"),
              R"({"key":5,"kind":"sent","client_id":"dev","session":4,"packet_id":7})");
}

TEST(record_line, what_is_no_record_stays_as_it_is) {
    const std::uint8_t later[] = {200, 1, 2, 3};
    std::string line = record_line(6, later);
    EXPECT_EQ(line, R"({"key":6,"kind":"unknown","value_base64":"yAECAw=="})");
    auto parsed = parse_record_line(line);
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(parsed.value().value, std::vector<std::uint8_t>(std::begin(later), std::end(later)));
}

// Only a bug could have written it, but it must not end the dump.
TEST(record_line, names_that_are_no_text_stay_as_they_are) {
    broker::SubscriptionRecord subscription;
    subscription.session = 1;
    subscription.filter = "a\xFF";
    auto value = value_of(subscription);
    std::string line = record_line(6, value);
    EXPECT_NE(line.find(R"("kind":"unknown")"), std::string::npos);
    EXPECT_EQ(parse_record_line(line).value().value, value);
}

TEST(record_line, says_which_field_is_wrong) {
    EXPECT_EQ(problem_of("[]"), "this is no JSON object");
    EXPECT_EQ(problem_of("{\"key\":1"), "this is no JSON object");
    EXPECT_EQ(problem_of(R"({"kind":"sent","session":1,"packet_id":1})"),
              "'key' is missing or wrong");
    EXPECT_EQ(problem_of(R"({"key":-1,"kind":"sent"})"), "'key' is missing or wrong");
    EXPECT_EQ(problem_of(R"({"key":1,"kind":"other"})"), "'kind' is missing or wrong");
    EXPECT_EQ(problem_of(R"({"key":1,"kind":"sent","session":1,"packet_id":65536})"),
              "'packet_id' is missing or wrong");
    EXPECT_EQ(problem_of(R"({"key":1,"kind":"sent","session":1,"packet_id":0})"),
              "this record makes no sense");
    EXPECT_EQ(problem_of(R"({"key":1,"kind":"session"})"), "'client_id' is missing or wrong");
    EXPECT_EQ(problem_of(R"({"key":1,"kind":"retained","number":1})"),
              "'message' is missing or wrong");
    EXPECT_EQ(problem_of(R"({"key":1,"kind":"message","message":{"topic":"t","qos":3}})"),
              "'qos' is missing or wrong");
    EXPECT_EQ(
        problem_of(R"({"key":1,"kind":"message","message":{"topic":"t","payload_base64":"?"}})"),
        "'payload' is missing or wrong");
    EXPECT_EQ(problem_of(R"({"key":1,"kind":"message","message":7})"),
              "'message' is missing or wrong");
    std::string long_name(65536, 'x');
    EXPECT_EQ(problem_of(R"({"key":1,"kind":"session","client_id":")" + long_name + "\"}"),
              "'client_id' is missing or wrong");
}

TEST(record_line, an_export_is_known_by_its_head) {
    EXPECT_TRUE(is_export_head(export_head()));
    EXPECT_FALSE(is_export_head(R"({"martlet_export":2})"));
    EXPECT_FALSE(is_export_head("{}"));
    EXPECT_FALSE(is_export_head("7"));
}

}  // namespace
}  // namespace martlet::migrate
