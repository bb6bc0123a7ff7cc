// Where the sender of a record is, and who received it.

#include "base/ascii.h"
#include "telemetry/decoders/json/record_reader.h"
#include "telemetry/decoders/json/rounded.h"
#include "telemetry/decoders/plain_text.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace martlet::telemetry {

namespace {

constexpr std::size_t kPlacesMax = 16;  // that are looked at in one record
constexpr std::size_t kGatewaysBytesMax = 256;

constexpr std::string_view kLatitudes[] = {"lat", "latitude"};
constexpr std::string_view kLongitudes[] = {"lon", "lng", "long", "longitude"};
constexpr std::string_view kAltitudes[] = {"alt", "altitude", "ele", "elevation"};
constexpr std::string_view kHeadings[] = {"heading", "course", "bearing", "cog"};
constexpr std::string_view kAccuracies[] = {"acc", "accuracy"};
constexpr std::string_view kGateways[] = {"gateway_id", "gatewayid", "eui", "gweui", "id"};

template <std::size_t N>
bool is_one_of(const std::string_view (&list)[N], std::string_view word) {
    return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

double number_or(const JsonLeaf* leaf, double otherwise) {
    double number = 0;
    return leaf && as_number(*leaf, number) ? number : otherwise;
}

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// "59.3000000,18.1000000" or "59.3 18.1".
void read_pair(const JsonLeaf* leaf, Position& position) {
    if (!leaf || leaf->type != LeafType::Text) return;
    std::string_view text = leaf->text;
    auto gap = text.find_first_of(", ;");
    if (gap == std::string_view::npos) return;
    double latitude = 0;
    double longitude = 0;
    bool is_pair =
        as_number(text.substr(0, gap), latitude) && as_number(text.substr(gap + 1), longitude);
    if (!is_pair) return;
    position.latitude = latitude;
    position.longitude = longitude;
}

}  // namespace

// A number in the same object, under the first of these names that is there.
const JsonLeaf* RecordReader::beside(const JsonLeaf& leaf, const std::string_view* names,
                                     std::size_t count) {
    auto object = leaf.path.substr(0, leaf.key_begin);
    const auto& leaves = *message_.leaves;
    double number = 0;
    for (std::size_t i = record_->first; i < record_->end; i++) {
        const JsonLeaf& other = leaves[i];
        if (other.key_begin != object.size() || !other.path.starts_with(object)) continue;
        if (std::find(names, names + count, std::string_view(named_->names[i]->last)) ==
            names + count)
            continue;
        if (as_number(other, number)) return &other;
    }
    return nullptr;
}

// True: the value is part of a place, sound or not, and so no value of its own.
bool RecordReader::read_place(const JsonLeaf& latitude, const KeyName& name) {
    if (form_ && !form_->places.empty()) return true;
    if (name.is_of_another || name.is_of_unknown || ++places_ > kPlacesMax) return false;
    Position position;
    position.latitude = number_or(&latitude, kUnknown);
    position.longitude = number_or(beside(latitude, kLongitudes, std::size(kLongitudes)), kUnknown);
    if (std::isnan(position.latitude) || std::isnan(position.longitude)) return false;
    position.altitude_m = number_or(beside(latitude, kAltitudes, std::size(kAltitudes)), kUnknown);
    position.heading_deg = number_or(beside(latitude, kHeadings, std::size(kHeadings)), kUnknown);
    position.uncertainty_m =
        number_or(beside(latitude, kAccuracies, std::size(kAccuracies)), kUnknown);
    position.time = time_of(latitude);
    finish_place(std::move(position));
    return true;
}

bool RecordReader::is_part_of_place(const JsonLeaf& longitude) {
    if (form_ && !form_->places.empty()) return true;
    double number = 0;
    return places_ <= kPlacesMax && as_number(longitude, number) && ++longitudes_ <= kPlacesMax &&
           beside(longitude, kLatitudes, std::size(kLatitudes)) != nullptr;
}

void RecordReader::finish_place(Position position) {
    bool is_on_earth = std::abs(position.latitude) <= 90 && std::abs(position.longitude) <= 180;
    // Receivers say 0, 0 when they have not found themselves yet.
    if (!is_on_earth || (position.latitude == 0 && position.longitude == 0)) return;
    // No receiver is exact: 0 stands for "not told".
    if (!(position.uncertainty_m > 0)) position.uncertainty_m = kUnknown;
    bool is_heading = position.heading_deg >= 0 && position.heading_deg <= 360;
    if (!is_heading) position.heading_deg = kUnknown;
    for (double* part : {&position.altitude_m, &position.speed_kmh, &position.uncertainty_m})
        if (std::isinf(*part)) *part = kUnknown;
    position.source = context_->source;
    out_->positions.push_back(std::move(position));
}

void RecordReader::read_mapped_places() {
    for (const PlaceRule& rule : form_->places) {
        if (!all_hold(rule.conditions, *this)) continue;
        auto number = [&](const std::string& path, double scale) {
            const JsonLeaf* leaf = path.empty() ? nullptr : look_up(path);
            return leaf && !is_left_out(*leaf) ? rounded(number_or(leaf, kUnknown) * scale)
                                               : kUnknown;
        };
        Position position;
        position.latitude = number(rule.latitude, rule.coordinate_scale);
        position.longitude = number(rule.longitude, rule.coordinate_scale);
        if (!rule.both.empty()) read_pair(look_up(rule.both), position);
        if (std::isnan(position.latitude) || std::isnan(position.longitude)) continue;
        position.altitude_m = number(rule.altitude, rule.altitude_scale);
        position.speed_kmh = number(rule.speed, rule.speed_scale);
        position.heading_deg = number(rule.heading, 1);
        position.uncertainty_m = number(rule.accuracy, rule.accuracy_scale);
        position.time = context_->time;
        finish_place(std::move(position));
        // A source is at one place: the first line that fits has it.
        return;
    }
}

// A key line of the map says that this value stands for "not told".
bool RecordReader::is_left_out(const JsonLeaf& leaf) const {
    auto path = leaf.path.substr(std::min(record_->prefix.size(), leaf.path.size()));
    return std::any_of(form_->keys.begin(), form_->keys.end(), [&](const KeyRule& rule) {
        return !rule.not_told.empty() && rule.path.matches(path) && is_not_told(leaf, rule);
    });
}

// The gateways that heard the message are facts of its reception, and so is how well they did.
void RecordReader::read_reception(const JsonLeaf& leaf, const KeyName& name) {
    has_reception_ = true;
    double number = 0;
    auto keep_best = [&](std::optional<double>& best) {
        if (as_number(leaf, number) && (!best || number > *best)) best = number;
    };
    if (name.last == "rssi" || name.last == "rssis") keep_best(reception_.rssi);
    if (name.last == "snr" || name.last == "lorasnr" || name.last == "lsnr")
        keep_best(reception_.snr);
    bool is_gateway = leaf.type == LeafType::Text && is_one_of(kGateways, name.last);
    // One object may name its gateway twice: by a name and by a number.
    auto object = leaf.path.substr(0, leaf.key_begin);
    if (!is_gateway || object == reception_.object) return;
    reception_.object = object;
    std::string gateway = plain_text(leaf.text, 64);
    if (gateway.empty() || reception_.gateways.find(gateway) != std::string::npos) return;
    if (reception_.gateways.size() + gateway.size() > kGatewaysBytesMax) return;
    if (!reception_.gateways.empty()) reception_.gateways += ", ";
    reception_.gateways += gateway;
    reception_.count++;
}

void RecordReader::finish_reception() {
    static const KeyName rssi{
        .metric = "reception/rssi", .unit = "dBm", .unit_source = UnitSource::Mapped};
    static const KeyName snr{
        .metric = "reception/snr", .unit = "dB", .unit_source = UnitSource::Mapped};
    if (!reception_.gateways.empty()) add_fact("heard_by", reception_.gateways);
    JsonLeaf leaf;
    leaf.type = LeafType::Real;
    if (reception_.rssi) add_quantity(leaf, rssi, *reception_.rssi, {rssi.unit, rssi.unit_source});
    if (reception_.snr) add_quantity(leaf, snr, *reception_.snr, {snr.unit, snr.unit_source});
}

}  // namespace martlet::telemetry
