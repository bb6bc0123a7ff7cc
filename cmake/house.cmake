# How a part of the house is built: every folder of src/ is a library that names what it links, and every folder of tests/
# that mirrors one is a test binary. A new .cc file in a folder is found by itself.

include(${CMAKE_CURRENT_LIST_DIR}/find_once.cmake)
find_once(CCACHE ccache)
if(CCACHE)
  # One cache for all checkouts: paths below the source folder do not count, and precompiled headers may be cached.
  set(launcher env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    add_compile_options(-fpch-preprocess)
  endif()
endif()
find_once(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(absl REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Protobuf REQUIRED)
find_package(simdjson REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Boost 1.81 REQUIRED)

add_library(house_flags INTERFACE)
target_compile_options(house_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
# gcc 12 sees overlaps and overruns in `"text" + string` where there are none; clang and the sanitizers watch for real ones.
target_compile_options(house_flags INTERFACE "$<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-array-bounds;-Wno-stringop-overflow>")
target_compile_definitions(house_flags INTERFACE MARTLET_VERSION="${PROJECT_VERSION}")

# Bugs on purpose that the crash checker must find, asked for by MARTLET_BUG in the environment. Never in a release.
if(MARTLET_TEST_BUGS)
  add_compile_definitions(MARTLET_TEST_BUGS)
endif()

if(MARTLET_SANITIZE)
  add_compile_options(-fsanitize=${MARTLET_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MARTLET_SANITIZE})
endif()
if(MARTLET_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# martlet_part(FOLDER [LINK library ...]): the library martlet_FOLDER from src/FOLDER, folders inside it included.
# Sanitizer builds compile what nearly all sources include only once: a third less to do. The other builds do not, so that a missing
# include is found.
if(MARTLET_SANITIZE)
  add_library(house_headers OBJECT ${CMAKE_SOURCE_DIR}/cmake/house_headers.cc)
  target_include_directories(house_headers PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(house_headers PRIVATE fmt::fmt spdlog::spdlog absl::flat_hash_map absl::flat_hash_set absl::btree
    Threads::Threads house_flags)
  target_precompile_headers(house_headers PRIVATE
    <algorithm> <array> <atomic> <chrono> <condition_variable> <cstdint> <deque> <functional> <future> <list> <map> <memory> <mutex>
    <optional> <span> <string> <string_view> <thread> <utility> <variant> <vector>
    ${CMAKE_SOURCE_DIR}/src/base/hash_map.h ${CMAKE_SOURCE_DIR}/src/base/log.h ${CMAKE_SOURCE_DIR}/src/base/result.h)
endif()

function(martlet_part folder)
  cmake_parse_arguments(PART "" "" "LINK" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${folder}/*.cc)
  string(REPLACE "/" "_" name martlet_${folder})
  if(NOT sources)
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(${name} INTERFACE ${PART_LINK})
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${name} PUBLIC ${PART_LINK} PRIVATE house_flags)
  if(TARGET house_headers)
    target_precompile_headers(${name} REUSE_FROM house_headers)
  endif()
endfunction()

# martlet_protos(FOLDER): the library martlet_protos, generated from src/FOLDER/*.proto; included as "FOLDER/NAME.pb.h".
function(martlet_protos folder)
  file(GLOB protos CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${folder}/*.proto)
  set(out ${CMAKE_BINARY_DIR}/generated)
  set(sources)
  foreach(proto ${protos})
    get_filename_component(name ${proto} NAME_WE)
    add_custom_command(
      OUTPUT ${out}/${folder}/${name}.pb.cc ${out}/${folder}/${name}.pb.h
      COMMAND ${CMAKE_COMMAND} -E make_directory ${out}
      COMMAND protobuf::protoc --cpp_out=lite:${out} -I ${CMAKE_SOURCE_DIR}/src ${proto}
      DEPENDS ${proto})
    list(APPEND sources ${out}/${folder}/${name}.pb.cc)
  endforeach()
  add_library(martlet_protos STATIC ${sources})
  set_target_properties(martlet_protos PROPERTIES LINKER_LANGUAGE CXX)
  target_include_directories(martlet_protos SYSTEM PUBLIC ${out})
  target_link_libraries(martlet_protos PUBLIC protobuf::libprotobuf-lite)
endfunction()

# martlet_test(FOLDER [LINK library ...]): the test binary FOLDER_test from tests/FOLDER/*_test.cc.
function(martlet_test folder)
  cmake_parse_arguments(TEST "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${folder}/*_test.cc)
  # Tests that count allocations replace the allocator, and so do sanitizers.
  if(MARTLET_SANITIZE)
    list(FILTER sources EXCLUDE REGEX "allocation_test[.]cc$")
  endif()
  if(NOT sources)
    return()
  endif()
  add_executable(${folder}_test ${sources})
  target_include_directories(${folder}_test PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${folder}_test PRIVATE ${TEST_LINK} GTest::gtest GTest::gtest_main house_flags)
  if(TARGET gtest_header)
    target_precompile_headers(${folder}_test REUSE_FROM gtest_header)
  else()
    target_precompile_headers(${folder}_test PRIVATE <gtest/gtest.h>)
  endif()
  target_compile_definitions(${folder}_test PRIVATE MARTLET_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_test(NAME ${folder} COMMAND ${folder}_test)
  set_tests_properties(${folder} PROPERTIES TIMEOUT 300)
endfunction()
