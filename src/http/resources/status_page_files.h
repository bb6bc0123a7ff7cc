#pragma once

// The files of the status page. Constant; any thread.

#include <string_view>

namespace martlet::http {

extern const std::string_view kStatusPageHtml;
extern const std::string_view kStatusPageStyle;
extern const std::string_view kStatusPageScript;

extern const std::string_view kFavicon;

}  // namespace martlet::http
