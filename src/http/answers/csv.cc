#include "http/answers/csv.h"

#include "base/figure.h"
#include "base/text.h"

#include <cmath>
#include <iterator>

namespace martlet::http {

void append_csv_text(std::string& out, std::string_view text) {
    // A spreadsheet would take these for a formula: quoting alone does not keep it from that.
    bool is_formula =
        !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
    if (!is_formula && text.find_first_of(",\"\r\n") == std::string_view::npos) {
        out += text;
        return;
    }
    out += is_formula ? "\"'" : "\"";
    for (char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

void append_csv_number(std::string& out, double number) {
    if (std::isfinite(number)) fmt::format_to(std::back_inserter(out), "{}", number);
}

void append_csv_figure(std::string& out, std::optional<double> figure) {
    if (figure) append_csv_number(out, martlet::figure(*figure));
}

void append_csv_value(std::string& out, const telemetry::Value& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        fmt::format_to(std::back_inserter(out), "{}", *integer);
    } else if (const auto* real = std::get_if<double>(&value)) {
        append_csv_number(out, *real);
    } else {
        append_csv_text(out, std::get<std::string>(value));
    }
}

}  // namespace martlet::http
