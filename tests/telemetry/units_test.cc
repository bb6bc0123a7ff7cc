#include "telemetry/units.h"

#include "telemetry/decoded_text.h"
#include "telemetry/number_text.h"
#include "telemetry/unit_table.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace martlet::telemetry {
namespace {

std::string quantity(std::string_view text) {
    Value number;
    std::string_view unit;
    if (!quantity_from_text(text, number, unit)) return "no";
    return value_text(number) + " " + std::string(unit);
}

TEST(Units, the_table_is_large_and_without_contradictions) {
    std::set<std::string_view> names;
    for (const UnitRow& row : unit_rows()) {
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        EXPECT_EQ(known_unit(row.name), row.name);
        EXPECT_GT(row.factor, 0) << row.name;
        std::string_view rest = row.spellings;
        while (!rest.empty()) {
            auto end = std::min(rest.find(' '), rest.size());
            auto word = rest.substr(0, end);
            if (word.size() > 1 && word.starts_with('=')) word.remove_prefix(1);
            if (!word.empty()) {
                EXPECT_EQ(known_unit(word), row.name) << word;
            }
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    EXPECT_GE(names.size(), 150u);
}

TEST(Units, spellings_of_one_unit) {
    for (std::string_view text : {"°C",
                                  "C",
                                  "c",
                                  "degC",
                                  "deg C",
                                  "deg_C",
                                  "Celsius",
                                  "celsius",
                                  "℃",
                                  "º C",
                                  "ºC",
                                  "˚C",
                                  "&deg;C",
                                  "&#176;C",
                                  "Â°C",
                                  "\xb0"
                                  "C",
                                  "\ufffd"
                                  "C",
                                  "degrees celsius",
                                  "degree_Celsius",
                                  " °C ",
                                  "[°C]",
                                  "(°C)",
                                  "\\u00b0C"}) {
        EXPECT_EQ(known_unit(text), "°C") << text;
    }
    for (std::string_view text : {"degF", "F", "f", "fahrenheit", "℉", "°F", "ºF", "°f"}) {
        EXPECT_EQ(known_unit(text), "°F") << text;
    }
    for (std::string_view text : {"m3", "m^3", "m³", "㎥", "m**3", "cubic meters", "m&sup3;"}) {
        EXPECT_EQ(known_unit(text), "m³") << text;
    }
    for (std::string_view text : {"µg/m³", "μg/m³", "ug/m3", "ug/m^3", "µg/m3", "UG/M3",
                                  "&micro;g/m&sup3;", "micrograms per cubic meter"}) {
        EXPECT_EQ(known_unit(text), "µg/m³") << text;
    }
    for (std::string_view text : {"kWh", "kwh", "KWH", "kW h", "kW·h", "kilowatt hours",
                                  "kilowatt-hour", "Kilowatt Hours"}) {
        EXPECT_EQ(known_unit(text), "kWh") << text;
    }
    for (std::string_view text : {"%", "percent", "pct", "% RH", "%RH", "％"}) {
        EXPECT_EQ(known_unit(text), "%") << text;
    }
}

TEST(Units, usual_spellings) {
    struct Pair {
        std::string_view text;
        std::string_view unit;
    };
    for (const auto& [text, unit] : {
             Pair{"kw", "kW"},
             {"watts", "W"},
             {"mbar", "hPa"},
             {"mb", "hPa"},
             {"in Hg", "inHg"},
             {"mm Hg", "mmHg"},
             {"mmHg", "mmHg"},
             {"rpm", "1/min"},
             {"RPM", "1/min"},
             {"km/h", "km/h"},
             {"kph", "km/h"},
             {"KMH", "km/h"},
             {"m s-1", "m/s"},
             {"meters per second", "m/s"},
             {"knots", "kn"},
             {"lux", "lx"},
             {"dbm", "dBm"},
             {"w/m2", "W/m²"},
             {"W/m^2", "W/m²"},
             {"uS/cm", "µS/cm"},
             {"kvar", "kvar"},
             {"kVAr", "kvar"},
             {"VAR", "var"},
             {"varh", "varh"},
             {"VAh", "VAh"},
             {"Ah", "Ah"},
             {"mAh", "mAh"},
             {"ohm", "Ω"},
             {"kohm", "kΩ"},
             {"\u2126", "Ω"},
             {"EUR/kWh", "€/kWh"},
             {"SEK/kWh", "SEK/kWh"},
             {"gCO2/kWh", "g/kWh"},
             {"l/min", "L/min"},
             {"lpm", "L/min"},
             {"m3/h", "m³/h"},
             {"gallons", "gal"},
             {"liters", "L"},
             {"l", "L"},
             {"inch", "in"},
             {"in/hr", "in/h"},
             {"mm/hr", "mm/h"},
             {"cm/h", "cm/h"},
             {"hours", "h"},
             {"minutes", "min"},
             {"days", "d"},
             {"sec", "s"},
             {"deg", "°"},
             {"degrees", "°"},
             {"K", "K"},
             {"kelvin", "K"},
             {"Bq/m3", "Bq/m³"},
             {"bytes", "B"},
             {"KB", "kB"},
             {"Kbps", "kbit/s"},
             {"MB/s", "MB/s"},
             {"W·min", "W·min"},
             {"pH", "pH"},
             {"m/s2", "m/s²"},
             {"dBA", "dB(A)"},
             {"mired", "mired"},
             {"1/s", "1/s"},
             {"pulses", "imp"},
             {"Cel", "°C"},
             {"%VWC", "%"},
             {"hpa", "hPa"},
             {"INHG", "inHg"},
             {"Knoten", "kn"},
             {"мм", "mm"},
             {"м/с", "m/s"},
             {"кВт·ч", "kWh"},
             {"гПа", "hPa"},
             {"Grad", ""},
         }) {
        EXPECT_EQ(known_unit(text), unit) << text;
    }
}

TEST(Units, case_tells_some_apart) {
    EXPECT_EQ(known_unit("mW"), "mW");
    EXPECT_EQ(known_unit("MW"), "MW");
    EXPECT_EQ(known_unit("mw"), "") << "either";
    EXPECT_EQ(known_unit("mWh"), "mWh");
    EXPECT_EQ(known_unit("MWh"), "MWh");
    EXPECT_EQ(known_unit("mS"), "mS");
    EXPECT_EQ(known_unit("ms"), "ms");
    EXPECT_EQ(known_unit("MS"), "");
    EXPECT_EQ(known_unit("s"), "s");
    EXPECT_EQ(known_unit("S"), "S");
    EXPECT_EQ(known_unit("Mb"), "Mbit");
    EXPECT_EQ(known_unit("MB"), "MB");
    EXPECT_EQ(known_unit("nm"), "nm");
    EXPECT_EQ(known_unit("Nm"), "Nm");
    EXPECT_EQ(known_unit("NM"), "nmi");
    EXPECT_EQ(known_unit("M"), "");
    EXPECT_EQ(known_unit("H"), "");
}

TEST(Units, what_is_no_unit) {
    for (std::string_view text : {"", " ", "apples", "1", "1.2", "12", "-", "--", "m in", "pm",
                                  "am", "none", "a sentence of words", "\xff\xfe", ".", "()"}) {
        EXPECT_EQ(known_unit(text), "") << text;
    }
    EXPECT_EQ(known_unit(std::string(1000, 'm')), "");
}

TEST(Units, a_device_states_its_unit) {
    EXPECT_EQ(stated_unit("kw"), "kW");
    EXPECT_EQ(stated_unit(" apples "), "apples");
    EXPECT_EQ(stated_unit("Nm³/h"), "Nm³/h");
    EXPECT_EQ(stated_unit("degrees Fahrenheit"), "°F");
    EXPECT_EQ(stated_unit("fl oz"), "fl oz");
    for (std::string_view text :
         {"", "-", "--", "?", "none", "None", "N/A", "null", "12", "1.5", "1e3",
          "a unit of much length", "one two three", "tab\there", "\xb0", "true", "metric", "on"}) {
        EXPECT_EQ(stated_unit(text), "") << text;
    }
}

TEST(Units, factors) {
    EXPECT_EQ(unit_factor("Wh", "kWh"), 0.001);
    EXPECT_EQ(unit_factor("kWh", "Wh"), 1000);
    EXPECT_EQ(unit_factor("mA", "A"), 0.001);
    EXPECT_EQ(unit_factor("A", "mA"), 1000);
    EXPECT_EQ(unit_factor("hPa", "Pa"), 100);
    EXPECT_EQ(unit_factor("mbar", "hPa"), 1);
    EXPECT_EQ(unit_factor("bar", "hPa"), 1000);
    EXPECT_EQ(unit_factor("m/s", "km/h"), 3.6);
    EXPECT_EQ(unit_factor("mi", "km"), 1.609344);
    EXPECT_EQ(unit_factor("ft", "m"), 0.3048);
    EXPECT_EQ(unit_factor("min", "s"), 60);
    EXPECT_EQ(unit_factor("J", "Wh"), 1.0 / 3600);
    EXPECT_EQ(unit_factor("W·min", "Wh"), 1.0 / 60);
    EXPECT_EQ(unit_factor("kB", "B"), 1000);
    EXPECT_EQ(unit_factor("cm/h", "mm/h"), 10);
    EXPECT_EQ(unit_factor("uA", "mA"), 0.001);
    EXPECT_NEAR(unit_factor("mmHg", "hPa"), 1.33322, 1e-5);
    EXPECT_NEAR(unit_factor("inHg", "hPa"), 33.86389, 1e-5);
    EXPECT_EQ(unit_factor("°C", "°C"), 1);
    EXPECT_EQ(unit_factor("apples", "apples"), 1);
    EXPECT_EQ(unit_factor("°F", "°C"), 0) << "the zeros differ";
    EXPECT_EQ(unit_factor("°C", "K"), 0);
    EXPECT_EQ(unit_factor("W", "VA"), 0);
    EXPECT_EQ(unit_factor("Wh", "W"), 0);
    EXPECT_EQ(unit_factor("apples", "pears"), 0);
    EXPECT_EQ(unit_factor("", ""), 0);
}

TEST(Units, texts_that_are_a_number_with_its_unit) {
    EXPECT_EQ(quantity("20.6 ℃"), "20.6 °C");
    EXPECT_EQ(quantity("21.5 °C\r\n"), "21.5 °C");
    EXPECT_EQ(quantity("56%"), "56 %");
    EXPECT_EQ(quantity("56 %"), "56 %");
    EXPECT_EQ(quantity("3.01V"), "3.01 V");
    EXPECT_EQ(quantity("12.61V"), "12.61 V");
    EXPECT_EQ(quantity("-3,5 kWh"), "-3.5 kWh");
    EXPECT_EQ(quantity("1 234,5 W"), "1234.5 W");
    EXPECT_EQ(quantity("1\u202f234,5 W"), "1234.5 W");
    EXPECT_EQ(quantity("1.234,5 W"), "1234.5 W");
    EXPECT_EQ(quantity("1,234.5 W"), "1234.5 W");
    EXPECT_EQ(quantity("1,234,567 W"), "1234567 W");
    EXPECT_EQ(quantity("1'234 W"), "1234 W");
    EXPECT_EQ(quantity("1.234 kWh"), "1.234 kWh");
    EXPECT_EQ(quantity("0,250 kg"), "0.25 kg");
    EXPECT_EQ(quantity("1,25 kg"), "1.25 kg");
    EXPECT_EQ(quantity("\u22125 °C"), "-5 °C");
    EXPECT_EQ(quantity("+7 °C"), "7 °C");
    EXPECT_EQ(quantity(".5 A"), "0.5 A");
    EXPECT_EQ(quantity("1.5e3 W"), "1500.0 W");
    EXPECT_EQ(quantity("21.5C"), "21.5 °C");
    EXPECT_EQ(quantity("-5C"), "-5 °C");
    EXPECT_EQ(quantity("20 C"), "20 °C");
    EXPECT_EQ(quantity("1012 mbar"), "1012 hPa");
    EXPECT_EQ(quantity("50.0 kph"), "50.0 km/h");
    EXPECT_EQ(quantity("1726.0 rpm"), "1726.0 1/min");
    EXPECT_EQ(quantity("5 1/min"), "5 1/min");
    EXPECT_EQ(quantity("12 m³/h"), "12 m³/h");
    EXPECT_EQ(quantity("68 &deg;F"), "68 °F");
    EXPECT_EQ(quantity("20.6\xb0"
                       "C"),
              "20.6 °C");
    EXPECT_EQ(quantity("230VAC"), "230 V");
    EXPECT_EQ(quantity("9223372036854775808 Wh"), "9223372036854775808.0 Wh");
}

TEST(Units, texts_that_are_no_quantity) {
    for (std::string_view text : {"",
                                  " ",
                                  "12",
                                  "21.5",
                                  "12 apples",
                                  "12:30",
                                  "12:30:45",
                                  "2026-01-01",
                                  "01.02.2026",
                                  "2026-01-01T00:00:00Z",
                                  "1.2.3",
                                  "v1.2",
                                  "1.2.3 V",
                                  "0x1F",
                                  "1f",
                                  "12a",
                                  "007b",
                                  "5e10",
                                  "12e7",
                                  "1A",
                                  "20C",
                                  "12k",
                                  "12K",
                                  "1,234 W",
                                  "1,234,5 W",
                                  "12 V 3 A",
                                  "V",
                                  "°C",
                                  "%",
                                  "ON",
                                  "-",
                                  "- 5 V",
                                  "5-7 V",
                                  "1/2",
                                  "1/min",
                                  "12 PM",
                                  "10am",
                                  "3 of 5 V",
                                  "5 m in",
                                  "#12 V",
                                  "~5 V",
                                  "12..5 V",
                                  "192.168.0.1",
                                  "5 °C ok",
                                  "100 % sure",
                                  "1st",
                                  "2nd",
                                  "4h30",
                                  "1e999 W",
                                  "0412345678",
                                  "a1b2c3",
                                  "251231220000W",
                                  "250731220000S",
                                  "00:1a:2b:3c:4d:5e"}) {
        EXPECT_EQ(quantity(text), "no") << text;
    }
    EXPECT_EQ(quantity(std::string(70, '1') + " V"), "no");
    EXPECT_EQ(quantity("1" + std::string(60, ' ')), "no");
    EXPECT_EQ(quantity("12 Knoten"), "12 kn");
    EXPECT_EQ(quantity("12 мм"), "12 mm");
}

TEST(Units, a_number_and_one_word) {
    auto read = [](std::string_view text) {
        Value number;
        std::string word;
        if (!number_with_word(text, number, word)) return std::string("no");
        return value_text(number) + " " + word;
    };
    EXPECT_EQ(read("21.5 Grad"), "21.5 Grad");
    EXPECT_EQ(read(" 21,5 град\r\n"), "21.5 град");
    EXPECT_EQ(read("12 kWh/h"), "12 kWh/h");
    EXPECT_EQ(read("-3 Äpfel"), "-3 Äpfel");
    EXPECT_EQ(read("€ 0.25"), "0.25 €");
    EXPECT_EQ(read("€0,25"), "0.25 €");
    EXPECT_EQ(read("pH 7.2"), "7.2 pH");
    EXPECT_EQ(read("SEK 12"), "12 SEK");
    EXPECT_EQ(read("12 \u00a0Umdrehungen"), "12 Umdrehungen");
    for (std::string_view text : {"",
                                  "12",
                                  "21.5 °C",
                                  "12 kW",
                                  "Grad",
                                  "Grad 21.5",
                                  "Error 5",
                                  "12k",
                                  "1st",
                                  "4h30",
                                  "10 PM",
                                  "10 am",
                                  "12 Uhr",
                                  "31 Dec",
                                  "01 FF",
                                  "0042 Grad",
                                  "12 Umdrehungenx3",
                                  "12 Umdrehungenen",
                                  "12 two words",
                                  "12 3",
                                  "12 \u2192",
                                  "12 \xff",
                                  "12 /h",
                                  "1,234 Grad",
                                  "01 67 01 1F",
                                  "21.5 / 40",
                                  "€",
                                  "€ x",
                                  "12:30 Grad"}) {
        EXPECT_EQ(read(text), "no") << text;
    }
    EXPECT_EQ(read("1 " + std::string(70, 'x')), "no");
}

TEST(NumberText, digits_that_are_an_identity) {
    for (std::string_view text : {"0004829103", "0042", "00", "5e21", "12E7", " 0123 ",
                                  "1234567890123456", "12345678901234567890123"})
        EXPECT_TRUE(is_identity_number(text)) << text;
    for (std::string_view text : {"", "0", "42", "0.5", "0,5", "000123.4", "5.0e21", "5e-21",
                                  "5e+21", "-5", "123456789012345", "1e", "e5", "1e5x", "x"})
        EXPECT_FALSE(is_identity_number(text)) << text;
}

}  // namespace
}  // namespace martlet::telemetry
