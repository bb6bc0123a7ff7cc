#pragma once

// Roads around Stockholm as lines between places, with what is driven there, and somebody who
// drives along them. One thread.

#include "cli/demo/chance.h"

#include <cstddef>
#include <span>

namespace martlet::cli::demo {

struct RoutePoint {
    double latitude;
    double longitude;
    double limit_kmh;  // from here to the next one
};

std::span<const RoutePoint> route(std::size_t number);
std::size_t route_count();

double distance_m(const RoutePoint& from, const RoutePoint& to);

// Goes to and fro on one route, and stands for a while at both ends.
class Driver {
  public:
    Driver(std::size_t route_number, Chance& chance);

    // `wants_stop`: brakes until it stands, wherever it is.
    void go_on(double seconds, bool wants_stop);

    double latitude() const;
    double longitude() const;
    double heading_deg() const;
    double speed_kmh() const { return speed_ms_ * 3.6; }
    double driven_m() const { return driven_m_; }
    bool is_parked() const { return parked_s_ > 0; }

  private:
    double wanted_ms() const;
    void turn_round();
    const RoutePoint& from() const { return points_[is_back_ ? leg_ + 1 : leg_]; }
    const RoutePoint& to() const { return points_[is_back_ ? leg_ : leg_ + 1]; }

    std::span<const RoutePoint> points_;
    Chance& chance_;
    std::size_t leg_ = 0;
    double on_leg_m_ = 0;
    double speed_ms_ = 0;
    double driven_m_ = 0;
    double parked_s_ = 0;
    double temper_ = 1;  // of the limit
    bool is_back_ = false;
};

}  // namespace martlet::cli::demo
