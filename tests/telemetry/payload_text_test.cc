#include "telemetry/payload_text.h"

#include "base/text.h"

#include <gtest/gtest.h>

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
            return fmt::format("{}r", leaf.number);
        default:
            return fmt::format("'{}'", leaf.text);
    }
}

// "pairs KEY='TEXT' ..." or "lines ..." or "none" with the problem.
std::string read(std::string_view payload) {
    PayloadText text;
    auto form = text.read(payload);
    std::string result = form == TextForm::Pairs ? "pairs" : "lines";
    if (form == TextForm::None) result = "none";
    EXPECT_EQ(form == TextForm::None, text.leaves().empty()) << payload;
    for (const JsonLeaf& leaf : text.leaves())
        result += fmt::format(" {}={}", leaf.path, type_text(leaf));
    if (!text.problem().empty()) result += fmt::format(" {}", text.problem());
    for (const JsonFault& fault : text.faults())
        result += fmt::format(" ({}: {})", fault.path, fault.what);
    return result;
}

TEST(PayloadText, padding_is_skipped_and_nothing_else) {
    auto inner = [](std::string_view text) { return payload_without_padding(text); };
    EXPECT_EQ(inner(std::string_view("ON\0", 3)), "ON");
    EXPECT_EQ(inner(std::string_view("21.5\r\n\0\0", 8)), "21.5");
    EXPECT_EQ(inner(std::string_view("21.5\0\n", 6)), "21.5");
    EXPECT_EQ(inner("\xef\xbb\xbf {\"a\":1}\n"), "{\"a\":1}");
    EXPECT_EQ(inner(" \t\r\n"), "");
    EXPECT_EQ(inner(std::string_view("\0\0", 2)), "");
    EXPECT_EQ(inner(std::string_view("  \0", 3)), "");
    EXPECT_EQ(inner("\xef\xbb\xbf"), "");
    EXPECT_EQ(inner(std::string_view("\0ON", 3)), std::string_view("\0ON", 3));
    EXPECT_EQ(inner(std::string_view("O\0N", 3)), std::string_view("O\0N", 3));
    EXPECT_EQ(inner("\xef\xbb{}"), "\xef\xbb{}");
}

TEST(PayloadText, form_encoded) {
    EXPECT_EQ(read("field1=21.5&field2=40&lat=59.33&long=18.07&status=MQTTPUBLISH"),
              "pairs field1='21.5' field2='40' lat='59.33' long='18.07' status='MQTTPUBLISH'");
    EXPECT_EQ(read("a=1%2C5&b=two+words%21&c="), "pairs a='1,5' b='two words!' c=''");
    EXPECT_EQ(read("a=100%&b=%zz&c=%4"), "pairs a='100%' b='%zz' c='%4'");
    EXPECT_EQ(read("n=K%FCche&t=5"),
              "pairs n='K\ufffd"
              "che' t='5'");
    EXPECT_EQ(read("temp%5F1=5&b=a=b"), "pairs temp_1='5' b='a=b'");
    EXPECT_EQ(read("field1=21.5&"), "pairs field1='21.5'");
}

TEST(PayloadText, pairs) {
    EXPECT_EQ(read("temp:21.5;hum:40"), "pairs temp='21.5' hum='40'");
    EXPECT_EQ(read("cd=1,tot_i=0,cel_p=157,cel_c=75,wif_s=51,bms_v=106"),
              "pairs cd='1' tot_i='0' cel_p='157' cel_c='75' wif_s='51' bms_v='106'");
    EXPECT_EQ(read("a=1 b=2"), "pairs a='1' b='2'");
    EXPECT_EQ(read("a=1;b=2;"), "pairs a='1' b='2'");
    EXPECT_EQ(read("a=1, b=two"), "pairs a='1' b='two'");
    EXPECT_EQ(read("a = 1 ; b = 2"), "pairs a='1' b='2'");
    EXPECT_EQ(read("A=1"), "pairs A='1'");
    EXPECT_EQ(read("temp: 21.5 °C\r\nhum: 40 %\r\n"), "pairs temp='21.5 °C' hum='40 %'");
    EXPECT_EQ(read("temp=21,5"), "pairs temp='21,5'");
    EXPECT_EQ(read("temp=21,5;hum=40,1"), "pairs temp='21,5' hum='40,1'");
    EXPECT_EQ(read("temp=21,5 hum=40,1"), "pairs temp='21,5' hum='40,1'");
    EXPECT_EQ(read("time=2026-01-01T00:00:00Z,temp=21"),
              "pairs time='2026-01-01T00:00:00Z' temp='21'");
    EXPECT_EQ(read("time:12:30:00,temp:21"), "pairs time='12:30:00' temp='21'");
    EXPECT_EQ(read("name=\"a, b\",temp=21"), "pairs name='a, b' temp='21'");
    EXPECT_EQ(read("name='x y' temp=21"), "pairs name='x y' temp='21'");
    EXPECT_EQ(read("name=garden shed;temp=21"), "pairs name='garden shed' temp='21'");
    EXPECT_EQ(read("Temp: 21.5 Hum: 40"), "pairs Temp='21.5' Hum='40'");
    EXPECT_EQ(read("temp: 21.5"), "pairs temp='21.5'");
    EXPECT_EQ(read("relay:on"), "pairs relay='on'");
    EXPECT_EQ(read("1.8.0=123;2.8.0=4"), "pairs 1.8.0='123' 2.8.0='4'");
    EXPECT_EQ(read("größe=3,höhe=4"), "pairs größe='3' höhe='4'");
    EXPECT_EQ(read(std::string_view("a=1,b=2\0", 8)), "pairs a='1' b='2'");
    EXPECT_EQ(read("unit=\xb0"
                   "C,temp=5"),
              "pairs unit='\ufffd"
              "C' temp='5'");
}

TEST(PayloadText, what_is_none_of_the_forms) {
    for (std::string_view text : {"",
                                  " ",
                                  "ON",
                                  "21.5",
                                  "21.5,40,1013",
                                  "Hello: world how are you",
                                  "Hello: world",
                                  "Hello world",
                                  "12:30:45",
                                  "12:30",
                                  "2026-01-01T12:30:00Z",
                                  "http://host/?a=1&b=2",
                                  "https://host:80",
                                  "aa:bb:cc:dd:ee:ff",
                                  "a1:22:33:44:55:66",
                                  "fe80::1",
                                  "a==b",
                                  "SGVsbG8=",
                                  "SGVsbG8sIHdvcmxkIQ==",
                                  "=1",
                                  "a=",
                                  ":5",
                                  "a:",
                                  "5=5",
                                  "E=mc2 is famous",
                                  "var x=1;y=2",
                                  "Note: see a=1",
                                  "Dear all: meet at 5",
                                  "Warning: it is 5 degrees",
                                  "$GPRMC,123519,A,4807.038,N",
                                  "<a b=\"1\"/>",
                                  "{\"a\":1}",
                                  "[a=1]",
                                  "a=1;b",
                                  "a=1,b",
                                  "a=1&b",
                                  "a=1 b",
                                  "name=\"open,temp=21",
                                  "a\x01=1",
                                  "a=1\xff\x02"}) {
        EXPECT_EQ(read(text), "none") << text;
    }
    EXPECT_EQ(read(std::string(65, 'k') + "=1"), "none");
}

TEST(PayloadText, pairs_are_bounded) {
    std::string text = "a=1";
    for (int i = 1; i < 256; i++) text += ",a=1";
    PayloadText reader;
    EXPECT_EQ(reader.read(text), TextForm::Pairs);
    EXPECT_EQ(reader.leaves().size(), 256u);
    EXPECT_EQ(reader.leaves().back().path, "a");
    EXPECT_EQ(read(text + ",a=1"), "none too many pairs");
    EXPECT_EQ(read("a=" + std::string(1 << 20, '1')), "none too long");
}

TEST(PayloadText, line_protocol) {
    EXPECT_EQ(read("weather,location=us-midwest temperature=82.5,humidity=40i 1767225580000000000"),
              "lines 0.measurement='weather' 0.tags.location='us-midwest' "
              "0.fields.temperature=82.5r 0.fields.humidity=40 0.timestamp=1767225580000000000");
    EXPECT_EQ(read("cpu value=1"), "lines 0.measurement='cpu' 0.fields.value=1r");
    EXPECT_EQ(read("m a=t,b=F,c=true,d=FALSE,e=5u,f=-3i,g=\"x y, z=1\",h=-1.5e3"),
              "lines 0.measurement='m' 0.fields.a=true 0.fields.b=false 0.fields.c=true "
              "0.fields.d=false 0.fields.e=5 0.fields.f=-3 0.fields.g='x y, z=1' "
              "0.fields.h=-1500r");
    EXPECT_EQ(read("m e=18446744073709551615u"),
              "lines 0.measurement='m' 0.fields.e=1.8446744073709552e+19r");
    EXPECT_EQ(read("my\\ m\\,x,tag\\ a=b\\=c\\,d fi\\=eld=\"say \\\"hi\\\" \\\\ \\n\" -5"),
              "lines 0.measurement='my m,x' 0.tags.tag a='b=c,d' "
              "0.fields.fi=eld='say \"hi\" \\ \\n' 0.timestamp=-5");
    EXPECT_EQ(read("a v=1 1\n\n# comment\r\nb v=2 2\r\n"),
              "lines 0.measurement='a' 0.fields.v=1r 0.timestamp=1 "
              "1.measurement='b' 1.fields.v=2r 1.timestamp=2");
    EXPECT_EQ(read("m s=\"two\nlines\",v=1"),
              "lines 0.measurement='m' 0.fields.s='two\nlines' 0.fields.v=1r");
}

TEST(PayloadText, a_bad_line_or_field_costs_itself) {
    EXPECT_EQ(read("a v=1\nb v=NaN,w=2\nrubbish here\nc v=3\n"),
              "lines 0.measurement='a' 0.fields.v=1r 1.measurement='b' 1.fields.v=null "
              "1.fields.w=2r 2.measurement='c' 2.fields.v=3r "
              "(line 2: not a number) (line 3: not line protocol)");
    EXPECT_EQ(read("a v=1\nrubbish\nmore rubbish\n"), "none");
    for (std::string_view text :
         {"please set x=off", "the value is x=5", "m v=1 12:30", "m v=1 5 6", "m v=1x", "m v=0x10",
          "m v=", "m ,v=1", "m,t= v=1", "m,t v=1", "m v=1,", "m v=\"open",
          "m v=1 99999999999999999999", "m v=--1", "m v=i", "m  ", "m\\ v=1", "rubbish\na v=1"}) {
        EXPECT_EQ(read(text), "none") << text;
    }
}

TEST(PayloadText, lines_are_bounded) {
    std::string text;
    for (int i = 0; i < 1000; i++) text += "m v=1\n";
    PayloadText reader;
    EXPECT_EQ(reader.read(text), TextForm::Lines);
    EXPECT_EQ(reader.leaves().size(), 2000u);
    EXPECT_EQ(reader.leaves().back().path, "999.fields.v");
    EXPECT_EQ(read(text + "m v=1\n"), "none too many lines");
    text.clear();
    for (int i = 0; i < 900; i++) text += "m a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1,j=1,k=1,l=1\n";
    EXPECT_EQ(read(text), "none too many values");
    EXPECT_EQ(read("m s=\"" + std::string(65'537, 'x') + "\""), "none");
    text = "m v=1\n";
    for (int i = 0; i < 1000; i++) text += "m s=\"x\n";
    EXPECT_EQ(read(text), "none");
}

TEST(PayloadText, leaves_tell_names_from_places) {
    PayloadText reader;
    ASSERT_EQ(reader.read("m,a.b=c v.w=1 5"), TextForm::Lines);
    const auto& leaves = reader.leaves();
    ASSERT_EQ(leaves.size(), 4u);
    EXPECT_EQ(leaves[1].path, "0.tags.a.b");
    EXPECT_EQ(leaves[1].key(), "a.b");
    EXPECT_EQ(leaves[1].depth, 3);
    EXPECT_TRUE(leaves[1].is_place_at(0));
    EXPECT_FALSE(leaves[1].is_place_at(1));
    EXPECT_EQ(leaves[2].key(), "v.w");
    EXPECT_EQ(leaves[3].key(), "timestamp");
    EXPECT_EQ(leaves[3].depth, 2);
    ASSERT_EQ(reader.read("1.8.0=5,x=1"), TextForm::Pairs);
    EXPECT_EQ(reader.leaves()[0].key(), "1.8.0");
    EXPECT_EQ(reader.leaves()[0].depth, 1);
    EXPECT_EQ(reader.leaves()[0].array_levels, 0u);
}

}  // namespace
}  // namespace martlet::telemetry
