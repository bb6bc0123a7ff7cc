# Writes OUTPUT: the text of every FOLDER/*.map as a C++ source. cmake -DFOLDER=... -DOUTPUT=... -P embed_maps.cmake
file(GLOB maps ${FOLDER}/*.map)
list(SORT maps)
set(rows "")
foreach(map IN LISTS maps)
  get_filename_component(name ${map} NAME_WE)
  file(READ ${map} text)
  string(APPEND rows "    {\"${name}\", R\"martlet_map(${text})martlet_map\"sv},\n")
endforeach()
file(WRITE ${OUTPUT}.new "// Made by cmake/embed_maps.cmake from src/telemetry/maps.
#include \"telemetry/mapping/map_set.h\"

#include <array>

namespace martlet::telemetry {

std::span<const ShippedMap> shipped_map_files() {
    using namespace std::string_view_literals;
    static constexpr ShippedMap kFiles[] = {
${rows}    };
    return kFiles;
}

}  // namespace martlet::telemetry
")
file(COPY_FILE ${OUTPUT}.new ${OUTPUT} ONLY_IF_DIFFERENT)
