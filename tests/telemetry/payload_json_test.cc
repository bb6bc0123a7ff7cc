#include "telemetry/payload_json.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace martlet::telemetry {
namespace {

std::string type_text(const JsonLeaf& leaf) {
    switch (leaf.type) {
        case LeafType::Null:
            return "null";
        case LeafType::Boolean:
            return leaf.integer == 1 ? "true" : "false";
        case LeafType::Integer:
            return std::to_string(leaf.integer);
        case LeafType::Real:
            return std::to_string(leaf.number);
        case LeafType::Text:
            return "'" + std::string(leaf.text) + "'";
        case LeafType::EmptyObject:
            return "{}";
        case LeafType::EmptyArray:
            return "[]";
    }
    return "?";
}

// Every leaf as PATH=VALUE, or the problem.
std::string leaves_of(std::string_view payload) {
    PayloadJson json;
    auto problem = json.read(payload);
    if (!problem.empty()) return "! " + std::string(problem);
    std::string text;
    for (const auto& leaf : json.leaves()) {
        if (!text.empty()) text += ' ';
        text += std::string(leaf.path) + "=" + type_text(leaf);
    }
    return text;
}

TEST(PayloadJson, a_document_is_its_leaves_in_order) {
    EXPECT_EQ(leaves_of(R"({"gps":{"lat":1,"lon":2.5},"on":true,"n":null,"t":"x"})"),
              "gps.lat=1 gps.lon=2.500000 on=true n=null t='x'");
    EXPECT_EQ(leaves_of(R"({"rx":[{"rssi":-90},{"rssi":-91}],"e":{},"a":[]})"),
              "rx.0.rssi=-90 rx.1.rssi=-91 e={} a=[]");
    EXPECT_EQ(leaves_of("[1,[2,3]]"), "0=1 1.0=2 1.1=3");
    EXPECT_EQ(leaves_of("{}"), "={}");
    EXPECT_EQ(leaves_of(" [ ] "), "=[]");
    EXPECT_EQ(leaves_of("512"), "=512");
    EXPECT_EQ(leaves_of("\"a\\u00e5\\n\""), "='a\xc3\xa5\n'");
    EXPECT_EQ(leaves_of("{\"\":1}"), "=1");
    EXPECT_EQ(leaves_of("18446744073709551615"), "=18446744073709551616.000000");
    EXPECT_EQ(leaves_of("-9223372036854775808"), "=-9223372036854775808");
}

TEST(PayloadJson, what_is_not_json_says_so) {
    for (std::string_view text : {"x", "{", "{\"a\":1", "{\"a\":1}}", "[1,]", "1 2", "NaN", "'a'",
                                  "{\"a\":01}", "\"\xff\"", "\"a", "tru", "+1", "{a:1}"}) {
        EXPECT_EQ(leaves_of(text), "! not JSON") << text;
    }
    EXPECT_EQ(leaves_of(""), "! empty");
    EXPECT_EQ(leaves_of(" \r\n"), "! empty");
    EXPECT_EQ(leaves_of(std::string(3, '\0')), "! not JSON");
}

TEST(PayloadJson, every_truncation_is_refused) {
    std::string_view whole = R"({"a":[1,{"b":"c\u00e5"}],"d":-1.5e3,"e":true})";
    for (std::size_t size = 1; size < whole.size(); size++) {
        EXPECT_EQ(leaves_of(whole.substr(0, size)), "! not JSON") << size;
    }
}

TEST(PayloadJson, depth_is_bounded) {
    auto nested = [](std::size_t levels) {
        return std::string(levels, '[') + std::string(levels, ']');
    };
    EXPECT_NE(leaves_of(nested(60)), "! too deep");
    EXPECT_EQ(leaves_of(nested(65)), "! too deep");
    EXPECT_EQ(leaves_of(nested(500'000)), "! too deep");
    EXPECT_EQ(leaves_of(std::string(100'000, '[')), "! not JSON");
}

TEST(PayloadJson, length_is_bounded) {
    constexpr std::size_t kMax = std::size_t{1} << 20;
    std::string text = "\"" + std::string(kMax - 2, 'x') + "\"";
    EXPECT_EQ(leaves_of(text).size(), kMax + 1);
    text.insert(1, "x");
    EXPECT_EQ(leaves_of(text), "! too long");
}

TEST(PayloadJson, the_number_of_values_is_bounded) {
    auto ones = [](std::size_t count) {
        std::string text = "[1";
        for (std::size_t i = 1; i < count; i++) text += ",1";
        return text + "]";
    };
    PayloadJson json;
    EXPECT_EQ(json.read(ones(10'000)), "");
    EXPECT_EQ(json.leaves().size(), 10'000u);
    EXPECT_EQ(json.leaves().back().path, "9999");
    EXPECT_EQ(json.read(ones(10'001)), "too many values");
    EXPECT_TRUE(json.leaves().empty());
}

TEST(PayloadJson, a_long_name_around_many_values_is_refused) {
    std::string text = "{\"" + std::string(100'000, 'n') + "\":[1";
    for (int i = 0; i < 1000; i++) text += ",1";
    EXPECT_EQ(leaves_of(text + "]}"), "! names too long");
}

TEST(PayloadJson, a_reader_is_used_again) {
    PayloadJson json;
    EXPECT_EQ(json.read(R"({"a":1})"), "");
    EXPECT_TRUE(json.is_object());
    EXPECT_EQ(json.read(std::string(70, '[') + std::string(70, ']')), "too deep");
    EXPECT_FALSE(json.is_object());
    EXPECT_EQ(json.find("a"), nullptr);
    EXPECT_EQ(json.read("[2]"), "");
    EXPECT_TRUE(json.is_array());
    EXPECT_EQ(json.read("{\"a\":\"" + std::string(50'000, 'y') + "\"}"), "");
    ASSERT_NE(json.find("a"), nullptr);
    EXPECT_EQ(json.find("a")->text.size(), 50'000u);
    EXPECT_EQ(json.read("7"), "");
    EXPECT_FALSE(json.is_object() || json.is_array());
    EXPECT_EQ(json.leaves().size(), 1u);
}

TEST(PayloadJson, the_input_need_not_be_padded) {
    // On the heap, so that the sanitizers see a read past the end.
    std::string_view text = R"({"abc":12345})";
    auto bytes = std::make_unique<char[]>(text.size());
    text.copy(bytes.get(), text.size());
    EXPECT_EQ(leaves_of({bytes.get(), text.size()}), "abc=12345");
}

TEST(PayloadJson, find_takes_the_first) {
    PayloadJson json;
    EXPECT_EQ(json.read(R"({"a":1,"a":2,"b":{"a":3}})"), "");
    EXPECT_EQ(json.find("a")->integer, 1);
    EXPECT_EQ(json.find("b.a")->integer, 3);
    EXPECT_EQ(json.find("b"), nullptr);
}

TEST(AsNumber, takes_numbers_and_texts_that_are_one) {
    auto read = [](std::string_view text) {
        double number = -77;
        return as_number(text, number) ? number : -77;
    };
    EXPECT_EQ(read("234"), 234);
    EXPECT_EQ(read(" 23,5 "), 23.5);
    EXPECT_EQ(read("1e3"), 1000);
    EXPECT_EQ(read("+.5"), 0.5);
    EXPECT_EQ(read("-,5"), -0.5);
    EXPECT_EQ(read("7."), 7);
    for (std::string_view text : {"", " ", "-", "+", "+-1", "--1", "1,2,3", "1.234,5", "inf",
                                  "-inf", "nan", "0x10", "1e999", "12 V", "1 2", ".", ",", "e3"}) {
        EXPECT_EQ(read(text), -77) << text;
    }
    EXPECT_EQ(read(std::string(65, '1')), -77);
}

TEST(AsNumber, a_text_is_none_when_only_numbers_count) {
    PayloadJson json;
    EXPECT_EQ(json.read(R"({"a":"5","b":5,"c":true,"d":null})"), "");
    double number = 0;
    EXPECT_TRUE(as_number(*json.find("a"), number));
    EXPECT_FALSE(as_number(*json.find("a"), number, false));
    EXPECT_TRUE(as_number(*json.find("b"), number, false));
    EXPECT_FALSE(as_number(*json.find("c"), number));
    EXPECT_FALSE(as_number(*json.find("d"), number));
}

}  // namespace
}  // namespace martlet::telemetry
