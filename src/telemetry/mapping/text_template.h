#pragma once

// A text with places to fill in: "{device}" from the topic, "{1}" from the first star of the key's
// pattern, "{.tags.host}" from the payload, "{.name|.id|device}" the first of them that is there.
// "{.tags.* except host,mode}" all values of an object. Immutable; any thread.

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

// Who can fill in a place. Implemented by the reader of a record.
class TemplateValues {
  public:
    virtual ~TemplateValues() = default;
    // Appends the text of a capture of the topic; false: there is none.
    virtual bool append_topic(std::string_view name, std::string& text) const = 0;
    // Of the star number `index`, from 0 on.
    virtual bool append_star(std::size_t index, std::string& text) const = 0;
    // Of a value of the payload, looked for in the record and then in what encloses it.
    virtual bool append_value(std::string_view path, std::string& text) const = 0;
    // All values of the object at this path, joined by '/', without those of the names `left_out`.
    virtual bool append_values(std::string_view path, const std::vector<std::string>& left_out,
                               std::string& text) const = 0;
};

class TextTemplate {
  public:
    TextTemplate() = default;
    // The error says which place is not sound.
    static Result<TextTemplate> make(std::string_view text);

    bool is_empty() const { return text_.empty(); }
    // It has no places.
    bool is_plain() const { return is_plain_; }
    // Its places are stars only, so that it depends on the key's path and nothing else.
    bool is_of_path() const { return is_of_path_; }
    const std::string& text() const { return text_; }

    // Appends the filled text. False: a place could not be filled; `text` is as before, and
    // `missing`, when given, tells the place.
    bool fill(const TemplateValues& values, std::string& text,
              std::string* missing = nullptr) const;

    // The highest star that it names; 0: none.
    std::size_t stars() const;
    // Names of the captures that it takes from the topic.
    std::vector<std::string> topic_captures() const;

  private:
    enum class From : unsigned char { Literal, Topic, Star, Payload, Object };
    struct Choice {
        From from = From::Literal;
        std::string text;
        std::size_t star = 0;
        std::vector<std::string> left_out = {};  // Object
    };
    using Place = std::vector<Choice>;  // the first that is there; a literal has one
    static Result<Place> place_of(std::string_view text);
    static Status take_object(std::string_view part, Choice& choice);

    std::string text_;
    std::vector<Place> places_;
    bool is_plain_ = true;
    bool is_of_path_ = true;
};

}  // namespace martlet::telemetry
