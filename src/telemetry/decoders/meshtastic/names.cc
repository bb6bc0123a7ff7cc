#include "telemetry/decoders/meshtastic/names.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace martlet::telemetry::meshtastic {

namespace {

using Row = std::pair<std::uint32_t, std::string_view>;

// Sorted by number.
constexpr auto kPorts = std::to_array<Row>({{0, "UNKNOWN_APP"},
                                            {1, "TEXT_MESSAGE_APP"},
                                            {2, "REMOTE_HARDWARE_APP"},
                                            {3, "POSITION_APP"},
                                            {4, "NODEINFO_APP"},
                                            {5, "ROUTING_APP"},
                                            {6, "ADMIN_APP"},
                                            {7, "TEXT_MESSAGE_COMPRESSED_APP"},
                                            {8, "WAYPOINT_APP"},
                                            {9, "AUDIO_APP"},
                                            {10, "DETECTION_SENSOR_APP"},
                                            {11, "ALERT_APP"},
                                            {12, "KEY_VERIFICATION_APP"},
                                            {13, "REMOTE_SHELL_APP"},
                                            {32, "REPLY_APP"},
                                            {33, "IP_TUNNEL_APP"},
                                            {34, "PAXCOUNTER_APP"},
                                            {35, "STORE_FORWARD_PLUSPLUS_APP"},
                                            {36, "NODE_STATUS_APP"},
                                            {37, "MESH_BEACON_APP"},
                                            {64, "SERIAL_APP"},
                                            {65, "STORE_FORWARD_APP"},
                                            {66, "RANGE_TEST_APP"},
                                            {67, "TELEMETRY_APP"},
                                            {68, "ZPS_APP"},
                                            {69, "SIMULATOR_APP"},
                                            {70, "TRACEROUTE_APP"},
                                            {71, "NEIGHBORINFO_APP"},
                                            {72, "ATAK_PLUGIN"},
                                            {73, "MAP_REPORT_APP"},
                                            {74, "POWERSTRESS_APP"},
                                            {75, "LORAWAN_BRIDGE_APP"},
                                            {76, "RETICULUM_TUNNEL_APP"},
                                            {77, "CAYENNE"},
                                            {78, "ATAK_PLUGIN_V2"},
                                            {79, "LORA_OTA_APP"},
                                            {112, "GROUPALARM"},
                                            {256, "PRIVATE_APP"},
                                            {257, "ATAK_FORWARDER"}});

constexpr auto kRoutingErrors = std::to_array<Row>({{0, "NONE"},
                                                    {1, "NO_ROUTE"},
                                                    {2, "GOT_NAK"},
                                                    {3, "TIMEOUT"},
                                                    {4, "NO_INTERFACE"},
                                                    {5, "MAX_RETRANSMIT"},
                                                    {6, "NO_CHANNEL"},
                                                    {7, "TOO_LARGE"},
                                                    {8, "NO_RESPONSE"},
                                                    {9, "DUTY_CYCLE_LIMIT"},
                                                    {32, "BAD_REQUEST"},
                                                    {33, "NOT_AUTHORIZED"},
                                                    {34, "PKI_FAILED"},
                                                    {35, "PKI_UNKNOWN_PUBKEY"},
                                                    {36, "ADMIN_BAD_SESSION_KEY"},
                                                    {37, "ADMIN_PUBLIC_KEY_UNAUTHORIZED"},
                                                    {38, "RATE_LIMIT_EXCEEDED"},
                                                    {39, "PKI_SEND_FAIL_PUBLIC_KEY"}});

constexpr std::array<std::string_view, 13> kRoles = {
    "CLIENT",      "CLIENT_MUTE", "ROUTER",     "ROUTER_CLIENT", "REPEATER",
    "TRACKER",     "SENSOR",      "TAK",        "CLIENT_HIDDEN", "LOST_AND_FOUND",
    "TAK_TRACKER", "ROUTER_LATE", "CLIENT_BASE"};

constexpr std::array<std::string_view, 17> kPresets = {
    "LONG_FAST",   "LONG_SLOW",     "VERY_LONG_SLOW", "MEDIUM_SLOW", "MEDIUM_FAST", "SHORT_SLOW",
    "SHORT_FAST",  "LONG_MODERATE", "SHORT_TURBO",    "LONG_TURBO",  "LITE_FAST",   "LITE_SLOW",
    "NARROW_FAST", "NARROW_SLOW",   "TINY_FAST",      "TINY_SLOW",   "MEDIUM_TURBO"};

constexpr std::array<std::string_view, 38> kRegions = {
    "UNSET",    "US",      "EU_433",    "EU_868",    "CN",        "JP",        "ANZ",     "KR",
    "TW",       "RU",      "IN",        "NZ_865",    "TH",        "LORA_24",   "UA_433",  "UA_868",
    "MY_433",   "MY_919",  "SG_923",    "PH_433",    "PH_868",    "PH_915",    "ANZ_433", "KZ_433",
    "KZ_863",   "NP_865",  "BR_902",    "ITU1_2M",   "ITU2_2M",   "EU_866",    "EU_874",  "EU_917",
    "EU_N_868", "ITU3_2M", "ITU1_70CM", "ITU2_70CM", "ITU3_70CM", "ITU2_125CM"};

// The last ones are of firmware 2.8.
constexpr std::array<std::string_view, 147> kHardware = {"UNSET",
                                                         "TLORA_V2",
                                                         "TLORA_V1",
                                                         "TLORA_V2_1_1P6",
                                                         "TBEAM",
                                                         "HELTEC_V2_0",
                                                         "TBEAM_V0P7",
                                                         "T_ECHO",
                                                         "TLORA_V1_1P3",
                                                         "RAK4631",
                                                         "HELTEC_V2_1",
                                                         "HELTEC_V1",
                                                         "LILYGO_TBEAM_S3_CORE",
                                                         "RAK11200",
                                                         "NANO_G1",
                                                         "TLORA_V2_1_1P8",
                                                         "TLORA_T3_S3",
                                                         "NANO_G1_EXPLORER",
                                                         "NANO_G2_ULTRA",
                                                         "LORA_TYPE",
                                                         "WIPHONE",
                                                         "WIO_WM1110",
                                                         "RAK2560",
                                                         "HELTEC_HRU_3601",
                                                         "HELTEC_WIRELESS_BRIDGE",
                                                         "STATION_G1",
                                                         "RAK11310",
                                                         "MAKERFABS_TRACKER",
                                                         "MAKERFABS_RESERVED",
                                                         "CANARYONE",
                                                         "RP2040_LORA",
                                                         "STATION_G2",
                                                         "LORA_RELAY_V1",
                                                         "T_ECHO_PLUS",
                                                         "PPR",
                                                         "GENIEBLOCKS",
                                                         "NRF52_UNKNOWN",
                                                         "PORTDUINO",
                                                         "ANDROID_SIM",
                                                         "DIY_V1",
                                                         "NRF52840_PCA10059",
                                                         "DR_DEV",
                                                         "M5STACK",
                                                         "HELTEC_V3",
                                                         "HELTEC_WSL_V3",
                                                         "BETAFPV_2400_TX",
                                                         "BETAFPV_900_NANO_TX",
                                                         "RPI_PICO",
                                                         "HELTEC_WIRELESS_TRACKER",
                                                         "HELTEC_WIRELESS_PAPER",
                                                         "T_DECK",
                                                         "T_WATCH_S3",
                                                         "PICOMPUTER_S3",
                                                         "HELTEC_HT62",
                                                         "EBYTE_ESP32_S3",
                                                         "ESP32_S3_PICO",
                                                         "CHATTER_2",
                                                         "HELTEC_WIRELESS_PAPER_V1_0",
                                                         "HELTEC_WIRELESS_TRACKER_V1_0",
                                                         "UNPHONE",
                                                         "TD_LORAC",
                                                         "CDEBYTE_EORA_S3",
                                                         "TWC_MESH_V4",
                                                         "NRF52_PROMICRO_DIY",
                                                         "RADIOMASTER_900_BANDIT_NANO",
                                                         "HELTEC_CAPSULE_SENSOR_V3",
                                                         "HELTEC_VISION_MASTER_T190",
                                                         "HELTEC_VISION_MASTER_E213",
                                                         "HELTEC_VISION_MASTER_E290",
                                                         "HELTEC_MESH_NODE_T114",
                                                         "SENSECAP_INDICATOR",
                                                         "TRACKER_T1000_E",
                                                         "RAK3172",
                                                         "WIO_E5",
                                                         "RADIOMASTER_900_BANDIT",
                                                         "ME25LS01_4Y10TD",
                                                         "RP2040_FEATHER_RFM95",
                                                         "M5STACK_COREBASIC",
                                                         "M5STACK_CORE2",
                                                         "RPI_PICO2",
                                                         "M5STACK_CORES3",
                                                         "SEEED_XIAO_S3",
                                                         "MS24SF1",
                                                         "TLORA_C6",
                                                         "WISMESH_TAP",
                                                         "ROUTASTIC",
                                                         "MESH_TAB",
                                                         "MESHLINK",
                                                         "XIAO_NRF52_KIT",
                                                         "THINKNODE_M1",
                                                         "THINKNODE_M2",
                                                         "T_ETH_ELITE",
                                                         "HELTEC_SENSOR_HUB",
                                                         "MUZI_BASE",
                                                         "HELTEC_MESH_POCKET",
                                                         "SEEED_SOLAR_NODE",
                                                         "NOMADSTAR_METEOR_PRO",
                                                         "CROWPANEL",
                                                         "LINK_32",
                                                         "SEEED_WIO_TRACKER_L1",
                                                         "SEEED_WIO_TRACKER_L1_EINK",
                                                         "MUZI_R1_NEO",
                                                         "T_DECK_PRO",
                                                         "T_LORA_PAGER",
                                                         "M5STACK_RESERVED",
                                                         "WISMESH_TAG",
                                                         "RAK3312",
                                                         "THINKNODE_M5",
                                                         "HELTEC_MESH_SOLAR",
                                                         "T_ECHO_LITE",
                                                         "HELTEC_V4",
                                                         "M5STACK_C6L",
                                                         "M5STACK_CARDPUTER_ADV",
                                                         "HELTEC_WIRELESS_TRACKER_V2",
                                                         "T_WATCH_ULTRA",
                                                         "THINKNODE_M3",
                                                         "WISMESH_TAP_V2",
                                                         "RAK3401",
                                                         "RAK6421",
                                                         "THINKNODE_M4",
                                                         "THINKNODE_M6",
                                                         "MESHSTICK_1262",
                                                         "TBEAM_1_WATT",
                                                         "T5_S3_EPAPER_PRO",
                                                         "TBEAM_BPF",
                                                         "MINI_EPAPER_S3",
                                                         "TDISPLAY_S3_PRO",
                                                         "HELTEC_MESH_NODE_T096",
                                                         "MESH_TRACKER_X1",
                                                         "THINKNODE_M7",
                                                         "THINKNODE_M8",
                                                         "THINKNODE_M9",
                                                         "HELTEC_V4_R8",
                                                         "HELTEC_MESH_NODE_T1",
                                                         "STATION_G3",
                                                         "T_IMPULSE_PLUS",
                                                         "T_ECHO_CARD",
                                                         "SEEED_WIO_TRACKER_L2",
                                                         "CROWPANEL_P4",
                                                         "HELTEC_MESH_TOWER_V2",
                                                         "MESHNOLOGY_W10",
                                                         "HELTEC_RC32",
                                                         "HELTEC_RC52",
                                                         "HELTEC_RCC6",
                                                         "SEEED_WIO_TRACKER_L1_PRO_1W",
                                                         "MESHNOLOGY_W12",
                                                         "MESHPAGER_X2"};

constexpr std::uint32_t kPrivateHardware = 255;

constexpr auto kJsonTypes = std::to_array<Row>({{1, "text"},
                                                {3, "position"},
                                                {4, "nodeinfo"},
                                                {8, "waypoint"},
                                                {10, "detection"},
                                                {11, "alert"},
                                                {34, "paxcounter"},
                                                {67, "telemetry"},
                                                {70, "traceroute"},
                                                {71, "neighborinfo"},
                                                {2, "gpios_changed"},
                                                {2, "gpios_read_reply"}});

std::string_view find(std::span<const Row> rows, std::uint32_t number) {
    auto row = std::lower_bound(rows.begin(), rows.end(), number,
                                [](const Row& a, std::uint32_t b) { return a.first < b; });
    return row != rows.end() && row->first == number ? row->second : std::string_view();
}

std::string at(std::span<const std::string_view> names, std::uint32_t number,
               std::string_view what) {
    if (number < names.size()) return std::string(names[number]);
    return fmt::format("{} #{}", what, number);
}

}  // namespace

std::string_view port_name(std::uint32_t port) {
    return find(kPorts, port);
}

std::uint32_t port_of_json_type(std::string_view type) {
    for (const auto& [port, name] : kJsonTypes) {
        if (name == type) return port;
    }
    return 0;
}

std::string role_name(std::uint32_t role) {
    return at(kRoles, role, "ROLE");
}

std::string hardware_name(std::uint32_t model) {
    return model == kPrivateHardware ? "PRIVATE_HW" : at(kHardware, model, "HW");
}

std::string region_name(std::uint32_t region) {
    return at(kRegions, region, "REGION");
}

std::string preset_name(std::uint32_t preset) {
    return at(kPresets, preset, "PRESET");
}

std::string_view routing_error_name(std::uint32_t error) {
    auto name = find(kRoutingErrors, error);
    return name.empty() ? "OTHER" : name;
}

}  // namespace martlet::telemetry::meshtastic
