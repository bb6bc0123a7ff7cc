#include "telemetry/mapping/map_words.h"

namespace martlet::telemetry {

Result<std::vector<MapWord>> map_words(std::string_view line) {
    std::vector<MapWord> words;
    std::size_t at = 0;
    auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    while (true) {
        while (at < line.size() && is_blank(line[at])) at++;
        if (at == line.size()) return words;
        MapWord word;
        bool is_open = false;
        for (; at < line.size() && (is_open || !is_blank(line[at])); at++) {
            if (line[at] == '"') is_open = !is_open;
            word.text += line[at];
        }
        if (is_open) return Error{"a quote is not closed"};
        bool is_whole = word.text.size() >= 2 && word.text.front() == '"' &&
                        word.text.find('"', 1) == word.text.size() - 1;
        if (is_whole) {
            word.text = word.text.substr(1, word.text.size() - 2);
            word.is_quoted = true;
        }
        words.push_back(std::move(word));
    }
}

Status take_conditions(std::span<const MapWord>& words, MapConditions& conditions) {
    while (words.size() >= 2 && words[words.size() - 2].text == "when" &&
           !words[words.size() - 2].is_quoted) {
        auto condition = MapCondition::make(words.back().text);
        if (!condition) return condition.error();
        conditions.push_back(std::move(condition).value());
        words = words.first(words.size() - 2);
    }
    return Done{};
}

}  // namespace martlet::telemetry
