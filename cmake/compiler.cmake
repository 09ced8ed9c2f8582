# One set of flags for all targets.
add_library(postern_flags INTERFACE)
target_include_directories(postern_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(postern_flags INTERFACE
  QT_NO_CAST_TO_ASCII QT_NO_URL_CAST_FROM_STRING QT_NO_FOREACH
  POSTERN_VERSION="${PROJECT_VERSION}")
if(NOT MSVC)
  target_compile_options(postern_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow
    -Wnon-virtual-dtor -Wold-style-cast -Werror=unused-result -Werror=return-type)
endif()
option(POSTERN_WERROR "Warnings are errors" ON)
if(POSTERN_WERROR AND NOT MSVC)
  target_compile_options(postern_flags INTERFACE -Werror)
endif()

set(POSTERN_SANITIZE "" CACHE STRING "Sanitizers: address,undefined or thread")
if(POSTERN_SANITIZE)
  add_compile_options(-fsanitize=${POSTERN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${POSTERN_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # With sanitizers this warning cries wolf (GCC manual, "-fsanitize=address").
    target_compile_options(postern_flags INTERFACE -Wno-maybe-uninitialized)
    if(POSTERN_SANITIZE STREQUAL "thread")
      # Asio's fences are not seen by it, but the mutexes beside them are.
      target_compile_options(postern_flags INTERFACE -Wno-tsan)
    endif()
  endif()
endif()

if(POSTERN_FUZZ) # coverage tells libFuzzer which inputs are new
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # PCH and ccache agree only with these sloppiness settings (ccache manual, "Precompiled headers").
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()
find_program(LLD ld.lld)
if(LLD AND NOT MSVC)
  add_link_options(-fuse-ld=lld)
endif()

# The headers of all folders named, as sources of one target; a new file needs no list.
function(postern_sources target)
  foreach(folder IN LISTS ARGN)
    file(GLOB found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp
         ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.h)
    target_sources(${target} PRIVATE ${found})
  endforeach()
endfunction()
