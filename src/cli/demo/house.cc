// A house with a LOWI gateway: the meter on channel 0 every 10 seconds (its numbers as text, as one
// firmware has them), solar panels and heat pump on channels 1 and 2 every minute (as numbers).

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/demo/chance.h"
#include "cli/demo/house_model.h"
#include "cli/demo/mark.h"
#include "cli/demo/simulator.h"

#include <cmath>

namespace martlet::cli::demo {

namespace {

std::int64_t whole(double value) {
    return std::llround(value);
}

class House final : public Simulator {
  public:
    House(std::uint64_t seed, Time begin) : seed_(seed), meters_(seed, begin) {
        for (unsigned channel = 0; channel < 3; channel++) agenda_.add(begin + kSecond, channel);
    }

    std::vector<Device> devices() const override { return {{"house", {}, {}, {}}}; }

    void play(Time until, Outlet& outlet) override {
        agenda_.run(until, [&](Time due, unsigned channel) {
            meters_.go_on(due);
            Message message;
            message.topic = fmt::format("{}/PUB/CH{}", kHouseSerial, channel);
            message.payload = channel == 0 ? meter_text(due) : channel_text(due, channel);
            outlet.say(0, std::move(message));
            return channel == 0 ? 10 * kSecond : kMinute;
        });
    }

  private:
    // Power is never quite the same twice.
    double wiggle(Time time) const { return 0.97 + 0.06 * noise(seed_, 77, time / kSecond); }

    std::string meter_text(Time time) const {
        HouseFlow flow = house_flow(seed_, time);
        double volts = 229 + 8 * noise(seed_, 78, time / kMinute);
        double import_w = flow.import_w() * wiggle(time);
        double export_w = flow.export_w() * wiggle(time);
        std::string text;
        JsonWriter json(text);
        json.begin_object().key("ident").text(kHouseSerial);
        auto put = [&](std::string_view key, auto value) {
            json.key(key).text(fmt::format("{}", value));
        };
        put("device_CH", 0);
        put("Name", "P1");
        put("Type", "P1");
        put("Units", "kWh");
        put("U", whole(volts));
        put("I", whole((import_w + export_w) / volts * 100));
        put("PI", whole(import_w));
        put("PE", whole(export_w));
        put("T", flow.is_day_rate ? 1 : 0);
        put("CIH", whole(meters_.import.high_wh));
        put("CIL", whole(meters_.import.low_wh));
        put("CEH", whole(meters_.export_.high_wh));
        put("CEL", whole(meters_.export_.low_wh));
        put("CG", whole(meters_.gas_l));
        put("CW", whole(meters_.water_l));
        json.end_object();
        return text;
    }

    std::string channel_text(Time time, unsigned channel) const {
        HouseFlow flow = house_flow(seed_, time);
        bool is_solar = channel == 1;
        const ChannelCounter& counter = is_solar ? meters_.solar : meters_.heat_pump;
        double watts = (is_solar ? flow.solar_w : flow.heat_pump_w) * wiggle(time);
        std::string text;
        JsonWriter json(text);
        json.begin_object().key("ident").text(kHouseSerial).key("device_CH").integer(channel);
        json.key("Name").text(is_solar ? "Solar" : "Heat pump").key("Type").text("S0");
        json.key("Units").text("W").key("U").integer(233);
        json.key("I").integer(whole(watts / 233 * 100));
        json.key("T").integer(flow.is_day_rate ? 1 : 0).key("P").integer(whole(watts));
        json.key("HC").integer(whole(counter.hour_wh)).key("DC").integer(whole(counter.day_wh));
        json.key("MC").integer(whole(counter.month_wh));
        json.key("CH").integer(whole(counter.all.high_wh));
        json.key("CL").integer(whole(counter.all.low_wh)).end_object();
        return text;
    }

    std::uint64_t seed_;
    HouseMeters meters_;
    Agenda<unsigned> agenda_;
};

}  // namespace

std::unique_ptr<Simulator> make_house(std::uint64_t seed, Time begin) {
    return std::make_unique<House>(seed, begin);
}

}  // namespace martlet::cli::demo
