#pragma once

// Computed numbers as people expect them. A sum, mean or ratio of decimal readings carries binary
// rounding noise in its last digits: 0.35 / 14 is 0.024999999999999998. Any thread.

namespace martlet {

// The number with its first 12 significant digits. Whole numbers stay as they are.
double figure(double computed);

}  // namespace martlet
