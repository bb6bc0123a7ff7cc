#include "base/clock.h"

namespace martlet {

Now read_clocks() {
    using std::chrono::duration_cast;
    return {duration_cast<Milliseconds>(std::chrono::steady_clock::now().time_since_epoch()),
            duration_cast<Milliseconds>(std::chrono::system_clock::now().time_since_epoch())};
}

}  // namespace martlet
