#pragma once

// Sums and differences of decimal readings as people count them: 15.4 - 12.4 is 3, not
// 3.0000000000000004. Readings are taken for the shortest decimals that they stand for, up to 15
// digits; for those the result is exact. Others are added as binary numbers. Any thread.

namespace martlet::telemetry {

double decimal_difference(double a, double b);
double decimal_sum(double a, double b);

}  // namespace martlet::telemetry
