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
    for (std::string_view text :
         {"x", "{", "{\"a\":1", "{\"a\":1}}", "[,1]", "1 2", "NaN", "'a'", "{\"a\":0x}",
          "{\"a\":0xg}", "\"\xff\"", "\"a", "tru", "+1", "{a:1}"}) {
        EXPECT_EQ(leaves_of(text), "! not JSON") << text;
    }
    EXPECT_EQ(leaves_of(""), "! empty");
    EXPECT_EQ(leaves_of(" \r\n"), "! empty");
    EXPECT_EQ(leaves_of(std::string(3, '\0')), "! empty");
}

TEST(PayloadJson, every_truncation_is_refused) {
    std::string_view whole = R"({"a":[1,{"b":"c\u00e5"}],"d":-1.5e3,"e":true})";
    for (std::size_t size = 1; size < whole.size(); size++) {
        EXPECT_EQ(leaves_of(whole.substr(0, size)), "! not JSON") << size;
    }
}

// What the mender lost or changed, as PATH (WHAT).
std::string faults_of(std::string_view payload) {
    PayloadJson json;
    auto problem = json.read(payload);
    if (!problem.empty()) return "! " + std::string(problem);
    std::string text;
    for (const auto& fault : json.faults()) {
        if (!text.empty()) text += ", ";
        text += fault.path + " (" + std::string(fault.what) + ")";
    }
    return text;
}

std::string place_of(std::string_view payload) {
    PayloadJson json;
    if (json.read(payload) != "not JSON") return "(read)";
    EXPECT_TRUE(json.faults().empty() && json.leaves().empty());
    return std::string(json.place());
}

TEST(PayloadJson, padding_is_skipped) {
    EXPECT_EQ(leaves_of(std::string_view("{\"a\":1}\0", 8)), "a=1");
    EXPECT_EQ(leaves_of("\xef\xbb\xbf{\"a\":1}\r\n"), "a=1");
    EXPECT_EQ(leaves_of(std::string_view("21.5\0\0\n", 7)), "=21.500000");
    EXPECT_EQ(leaves_of("x{\"a\":1}"), "! not JSON");
    EXPECT_EQ(leaves_of("{\"a\":1}x"), "! not JSON");
    EXPECT_EQ(leaves_of(std::string_view("\0{\"a\":1}", 8)), "! not JSON");
}

TEST(PayloadJson, one_bad_value_costs_that_value) {
    struct Case {
        std::string_view payload;
        std::string_view leaves;
        std::string_view faults;
    };
    for (const auto& [payload, leaves, faults] : {
             Case{R"({"a":NaN,"b":1})", "a=null b=1", "a (not a number)"},
             Case{R"({"a":-nan,"b":1})", "a=null b=1", "a (not a number)"},
             Case{R"({"distance":inf,"rssi":-67})", "distance=null rssi=-67",
                  "distance (not finite)"},
             Case{R"({"g":{"a":-Infinity},"b":[1,+Inf]})", "g.a=null b.0=1 b.1=null",
                  "g.a (not finite), b.1 (not finite)"},
             Case{R"({"a":1e999,"b":-1e999,"c":1})", "a=null b=null c=1",
                  "a (not finite), b (not finite)"},
             Case{R"({"a":undefined,"b":1})", "a=null b=1", "a (undefined)"},
             Case{R"({"a":,"b":1,"c": })", "a=null b=1 c=null", "a (no value), c (no value)"},
             Case{R"({"a":True,"b":False,"c":None})", "a=true b=false c=null",
                  "a (no word of JSON), b (no word of JSON), c (no word of JSON)"},
             Case{R"({"uuid":340282366920938463463374607431768211455,"t":21.5})",
                  "uuid=340282366920938463463374607431768211456.000000 t=21.500000",
                  "uuid (more than 64 bits)"},
             Case{R"({"a":-9223372036854775809})", "a=-9223372036854775808.000000",
                  "a (more than 64 bits)"},
             Case{R"([+7,.5,07,-.5,5.,+0.5e1,-007.5])",
                  "0=7 1=0.500000 2=7 3=-0.500000 4=5.000000 5=5.000000 6=-7.500000",
                  "0 (no number of JSON), 1 (no number of JSON), 2 (no number of JSON), "
                  "3 (no number of JSON), 4 (no number of JSON), 5 (no number of JSON), "
                  "6 (no number of JSON)"},
             Case{"{\"t\":\"a\tb\nc\",\"n\":1}", "t='a\tb\nc' n=1", "t (control character)"},
             Case{"{\"name\":\"K\xfc"
                  "che\",\"t\":21.5,\"unit\":\"\xb0"
                  "C\"}",
                  "name='K\ufffd"
                  "che' t=21.500000 unit='\ufffd"
                  "C'",
                  "name (not UTF-8), unit (not UTF-8)"},
             Case{"{\"\xfc\":1}", "\ufffd=1", " (not UTF-8)"},
             Case{R"({"n":"Tor \ud83c","m":"\udc00x","o":"\ud83c\udf00"})",
                  "n='Tor \ufffd' m='\ufffdx' o='\U0001f300'",
                  "n (lone surrogate), m (lone surrogate)"},
             Case{"{\"a\":1,\n}", "a=1", " (comma at the end)"},
             Case{R"({"a":[1,2,],})", "a.0=1 a.1=2", "a (comma at the end),  (comma at the end)"},
             Case{R"({'a': 21.5, 'b': 'it\'s "x"', u'c': u'\xe5'})",
                  "a=21.500000 b='it's \"x\"' c='\u00e5'", " (single quotes)"},
             Case{R"({"p":"C:\data","q":1})", "p='C:\\data' q=1", "p (unknown escape)"},
             Case{R"({"a":1,"e":0x1F,"h":[-0XfF]})", "a=1 e=null h.0=null",
                  "e (hexadecimal number), h.0 (hexadecimal number)"},
             Case{R"({"temperature":21,5,"humidity":-40,25})",
                  "temperature=21.500000 humidity=-40.250000",
                  "temperature (comma in a number), humidity (comma in a number)"},
             Case{R"({"g":{"a":0,250 , "b":7}})", "g.a=0.250000 g.b=7", "g.a (comma in a number)"},
             Case{R"({"a":1,234,"b":1,234,567,"c":2})", "a=null b=null c=2",
                  "a (comma in a number), b (comma in a number)"},
         }) {
        EXPECT_EQ(leaves_of(payload), leaves) << payload;
        EXPECT_EQ(faults_of(payload), faults) << payload;
    }
}

TEST(PayloadJson, numbers_of_more_than_63_bits_keep_their_digits) {
    auto texts = [](std::string_view payload) {
        PayloadJson json;
        EXPECT_EQ(json.read(payload), "");
        std::string text;
        for (const JsonLeaf& leaf : json.leaves()) {
            if (leaf.type != LeafType::Text && !leaf.text.empty())
                text += std::string(leaf.path) + "=" + std::string(leaf.text) + " ";
        }
        return text;
    };
    EXPECT_EQ(texts(R"({"a":12345678901234567890,"b":21.5,"c":[1,18446744073709551615]})"),
              "a=12345678901234567890 c.1=18446744073709551615 ");
    EXPECT_EQ(texts("18446744073709551615"), "=18446744073709551615 ");
    EXPECT_EQ(texts(R"({"e":{},"x":[],"id":18446744073709551616,"n":null,"t":"x","o":{"a":[[],{}]},
                        "big":-340282366920938463463374607431768211455,"u":9223372036854775808})"),
              "id=18446744073709551616 big=-340282366920938463463374607431768211455 "
              "u=9223372036854775808 ");
    EXPECT_EQ(texts(R"({"a":9223372036854775807,"b":-9223372036854775808,"c":1e20,"d":1.5})"), "");
    EXPECT_EQ(texts(R"({"a":0x1F,"b":21,5,"c":,"id":18446744073709551616})"),
              "id=18446744073709551616 ");
}

TEST(PayloadJson, a_fault_tells_its_byte) {
    auto byte = [](std::string_view payload) {
        PayloadJson json;
        EXPECT_EQ(json.read(payload), "");
        EXPECT_FALSE(json.faults().empty());
        return json.faults().empty() ? 0 : json.faults()[0].byte;
    };
    EXPECT_EQ(byte(R"({"a":1 , })"), 7u);
    EXPECT_EQ(byte(R"({'a':1})"), 1u);
    EXPECT_EQ(byte("{\"caf\xe9\":1,\"hum\":40}"), 5u);
    EXPECT_EQ(byte("\xef\xbb\xbf{\"ab\":NaN}"), 9u);
    EXPECT_EQ(byte(R"({"a":1,"b":0x1F})"), 11u);
    EXPECT_EQ(byte(R"({"a":1,"b":21,5})"), 11u);
}

TEST(PayloadJson, a_sound_document_has_no_faults) {
    for (std::string_view text :
         {R"({"a":1e-999,"b":-0,"c":1E5,"d":"\u00e5\/","e":18446744073709551615})", "7", "[]"}) {
        EXPECT_EQ(faults_of(text), "") << text;
        EXPECT_EQ(place_of(text), "(read)") << text;
    }
}

TEST(PayloadJson, the_number_of_faults_is_bounded) {
    std::string text = "[NaN";
    for (int i = 0; i < 100; i++) text += ",NaN";
    PayloadJson json;
    EXPECT_EQ(json.read(text + "]"), "");
    EXPECT_EQ(json.faults().size(), 16u);
    EXPECT_EQ(json.leaves().size(), 101u);
    EXPECT_EQ(json.read("[1]"), "");
    EXPECT_TRUE(json.faults().empty());
    EXPECT_EQ(json.read("{\"" + std::string(1000, 'n') + "\":NaN}"), "");
    EXPECT_EQ(json.faults()[0].path.size(), 256u);
}

TEST(PayloadJson, what_is_broken_says_where) {
    EXPECT_EQ(place_of("{\"temperature\":21.5}\n{\"temperature\":21.6}\n"),
              "second document begins at byte 21");
    EXPECT_EQ(place_of(R"({"cog":136,"tst":1767225580,"_type":"location","tid)"),
              "cut off at byte 51");
    EXPECT_EQ(place_of(R"({"a":1,"temp":21.5.3,"b":1})"), "at byte 14 (after key 'temp')");
    EXPECT_EQ(place_of(R"({"a":1,"temp":ERR})"), "at byte 14 (after key 'temp')");
    EXPECT_EQ(place_of("  {\"a\" 1}"), "at byte 7 (after key 'a')");
    EXPECT_EQ(place_of("\xef\xbb\xbf{a:1}"), "at byte 4");
    EXPECT_EQ(place_of("{\"a\":1}}"), "at byte 7 (after key 'a')");
    EXPECT_EQ(place_of("[1,,2]"), "at byte 3");
    EXPECT_EQ(place_of("[1 2]"), "at byte 3");
    EXPECT_EQ(place_of("{\"a\":tr"), "cut off at byte 7");
    EXPECT_EQ(place_of("{\"a\":1,"), "cut off at byte 7");
    EXPECT_EQ(place_of("{\"a\":\"x\\"), "cut off at byte 8");
    EXPECT_EQ(place_of("{\"a\":\"\\u00"), "cut off at byte 10");
    EXPECT_EQ(place_of("{\"a\":\"\\u00zz\"}"), "at byte 6 (after key 'a')");
    EXPECT_EQ(
        place_of("{\"Time\":\"x\",\"Switch10\xe9 tele/HASS_STATE{\"Version\":\"8\"").substr(0, 10),
        "at byte 40");
    EXPECT_EQ(place_of("online"), "at byte 0");
    EXPECT_EQ(place_of("1 2"), "at byte 2");
    EXPECT_EQ(place_of(std::string(100'000, '[')), "too deep at byte 64");
    EXPECT_EQ(place_of(std::string_view("{\"a\":1,\0}", 9)), "at byte 7 (after key 'a')");
}

TEST(PayloadJson, what_grows_while_it_is_mended_is_bounded) {
    std::string text = "[\"" + std::string(400'000, '\x01') + "\"]";
    EXPECT_EQ(leaves_of(text), "! not JSON");
    text = "[\"" + std::string(100'000, '\x01') + "\"]";
    EXPECT_EQ(leaves_of(text).size(), 100'004u);
    text = std::string(60, '[') + "NaN" + std::string(60, ']');
    EXPECT_EQ(faults_of(text).substr(0, 3), "0.0");
}

TEST(PayloadJson, leaves_tell_names_from_places) {
    PayloadJson json;
    ASSERT_EQ(json.read(R"({"a":{"1.8.0":7},"r":[{"x.y":1},[2]],"e":[[]],"0":{}})"), "");
    auto seen = [&](std::size_t i) {
        const JsonLeaf& leaf = json.leaves()[i];
        return std::string(leaf.path) + " " + std::string(leaf.key()) + " " +
               std::to_string(leaf.depth) + " " + std::to_string(leaf.array_levels);
    };
    EXPECT_EQ(seen(0), "a.1.8.0 1.8.0 2 0");
    EXPECT_EQ(seen(1), "r.0.x.y x.y 3 2");
    EXPECT_EQ(seen(2), "r.1.0 0 3 6");
    EXPECT_EQ(seen(3), "e.0 0 2 2");
    EXPECT_EQ(seen(4), "0 0 1 0");
    EXPECT_TRUE(json.leaves()[1].is_place_at(1));
    EXPECT_FALSE(json.leaves()[1].is_place_at(0));
    ASSERT_EQ(json.read("[[1],2]"), "");
    EXPECT_EQ(seen(0), "0.0 0 2 3");
    EXPECT_EQ(seen(1), "1 1 1 1");
    ASSERT_EQ(json.read("7"), "");
    EXPECT_EQ(seen(0), "  0 0");
    ASSERT_EQ(json.read(std::string(60, '[') + "1" + std::string(60, ']')), "");
    EXPECT_EQ(json.leaves()[0].depth, 60);
    EXPECT_EQ(json.leaves()[0].array_levels, (std::uint64_t{1} << 60) - 1);
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
