#include "base/json_writer.h"
#include "cli/demo/acts.h"
#include "cli/demo/house_model.h"

#include <cmath>

namespace martlet::cli::demo {

Message year_message(std::uint64_t seed, const HouseMeters& meters, Time time) {
    HouseFlow flow = house_flow(seed, time);
    Message message;
    message.topic = "demo/house/year";
    message.qos = mqtt::Qos::AtLeastOnce;
    JsonWriter json(message.payload);
    json.begin_object().key("ts").integer(time);
    auto watts = [&](std::string_view key, double value) {
        json.key(key).integer(std::llround(value));
    };
    auto kilowatt_hours = [&](std::string_view key, double watt_hours) {
        json.key(key).number(std::round(watt_hours) / 1000);
    };
    watts("import_power", flow.import_w());
    watts("export_power", flow.export_w());
    watts("solar_power", flow.solar_w);
    watts("heat_pump_power", flow.heat_pump_w);
    kilowatt_hours("import_kwh", meters.import.all_wh());
    kilowatt_hours("export_kwh", meters.export_.all_wh());
    kilowatt_hours("solar_kwh", meters.solar.all.all_wh());
    kilowatt_hours("heat_pump_kwh", meters.heat_pump.all.all_wh());
    json.key("outdoor_temperature").number(std::round(flow.outdoor_c * 10) / 10).end_object();
    return message;
}

}  // namespace martlet::cli::demo
