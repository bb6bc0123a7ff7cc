#include "http/answers/page.h"

namespace martlet::http {

bool Page::takes_one() {
    has_more_ = given_ == limit_ || body_.size() >= kBytesMax;
    if (!has_more_) given_++;
    return !has_more_;
}

void Page::end(JsonWriter& json, std::int64_t last) const {
    json.end_array().key("next");
    if (has_more_) {
        json.integer(last);
    } else {
        json.null();
    }
}

void Page::end(JsonWriter& json, std::string_view last) const {
    json.end_array().key("next");
    if (has_more_) {
        json.text(last);
    } else {
        json.null();
    }
}

}  // namespace martlet::http
