# Precompiled headers, for the presets that build with clang: a clean build takes half of its time without them.
#
#   tq_precompile(TARGET HEADER)   TARGET's files, and those of each target that shares it, begin with HEADER.
#   tq_share_precompiled(TARGET FIRST)
#
# The files still include what they use: the release preset builds without (TQ_PRECOMPILE is OFF there).
option(TQ_PRECOMPILE "Precompile the headers that most files read (clang only)" OFF)
if(TQ_PRECOMPILE AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  message(FATAL_ERROR "TQ_PRECOMPILE needs clang, and this is ${CMAKE_CXX_COMPILER_ID}")
endif()
# As options of the driver: ccache knows their paths then, and one checkout's objects serve another.
if(TQ_PRECOMPILE)
  set(CMAKE_CXX_COMPILE_OPTIONS_USE_PCH -include-pch <PCH_FILE>)
endif()
set(TQ_PCH_FLAGS $<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>)

function(tq_precompile target header)
  if(NOT TQ_PRECOMPILE)
    return()
  endif()
  target_precompile_headers(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:${CMAKE_CURRENT_SOURCE_DIR}/${header}>)
  target_compile_options(${target} PRIVATE ${TQ_PCH_FLAGS})
  # The compiled form holds paths, so two checkouts differ in it. ccache compares this text instead, where
  # CCACHE_PCH_EXTSUM is set: what the header says, and the versions of what it includes.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${header})
  file(SHA256 ${CMAKE_CURRENT_SOURCE_DIR}/${header} digest)
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${target}.dir/cmake_pch.hxx.pch.sum
       "${digest} ${CMAKE_CXX_COMPILER_VERSION} ${CMAKE_CXX_COMPILE_OPTIONS_CREATE_PCH} json ${nlohmann_json_VERSION} gtest ${GTest_VERSION}\n")
endfunction()

function(tq_share_precompiled target first)
  if(TQ_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM ${first})
    target_compile_options(${target} PRIVATE ${TQ_PCH_FLAGS})
  endif()
endfunction()
