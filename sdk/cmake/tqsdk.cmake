# tqp_add_plugin(NAME [ID id] SOURCES file... MANIFEST file SCHEMA file [LINK library...])
#
# A plugin NAME.so in ${CMAKE_BINARY_DIR}/plugins that exports tqp_entry_* and nothing else, with the
# manifest and the schema in its note (docs/formats/note.md). NAME is the manifest's id, unless ID is: two
# builds of one plugin need two targets. Sources see
# TQP_PLUGIN_ID, TQP_PLUGIN_VERSION and TQP_MANIFEST_BYTES, for TQP_DESCRIPTOR of tqp/manifest.h.
# The project must have enabled the language ASM.

function(tqp_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "ID;MANIFEST;SCHEMA" "SOURCES;LINK")
  if(NOT arg_ID)
    set(arg_ID ${name})
  endif()
  foreach(needed MANIFEST SCHEMA SOURCES)
    if(NOT arg_${needed})
      message(FATAL_ERROR "tqp_add_plugin(${name}): ${needed} is missing")
    endif()
  endforeach()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tqp_add_plugin(${name}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  get_filename_component(TQP_MANIFEST_FILE ${arg_MANIFEST} ABSOLUTE)
  get_filename_component(TQP_SCHEMA_FILE ${arg_SCHEMA} ABSOLUTE)

  # The id, the version and the length are read here, so a changed manifest configures again.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${TQP_MANIFEST_FILE})
  file(READ ${TQP_MANIFEST_FILE} manifest)
  file(SIZE ${TQP_MANIFEST_FILE} manifest_bytes)
  string(JSON id GET "${manifest}" id)
  string(JSON version GET "${manifest}" version)
  if(NOT id STREQUAL arg_ID)
    message(FATAL_ERROR "tqp_add_plugin(${name}): the id in ${TQP_MANIFEST_FILE} is \"${id}\"")
  endif()

  set(note ${CMAKE_CURRENT_BINARY_DIR}/${name}.note.S)
  configure_file(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/note.S.in ${note} @ONLY)
  set_source_files_properties(${note} PROPERTIES
    OBJECT_DEPENDS "${TQP_MANIFEST_FILE};${TQP_SCHEMA_FILE}")

  add_library(${name} MODULE ${arg_SOURCES} ${note})
  target_link_libraries(${name} PRIVATE tqsdk ${arg_LINK})
  target_compile_definitions(${name} PRIVATE
    TQP_PLUGIN_ID="${id}" TQP_PLUGIN_VERSION="${version}" TQP_MANIFEST_BYTES=${manifest_bytes})
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so"
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)

  # Without it g++ makes statics of inline functions UNIQUE: shared between plugins, and a file that
  # holds one is never unmapped. clang has no such symbols and no such option.
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)

  # exclude-libs and Bsymbolic: a static library inside the plugin must not bind to the host's copy.
  target_link_options(${name} PRIVATE
    -Wl,--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map
    -Wl,--exclude-libs,ALL -Wl,-Bsymbolic -Wl,--build-id=sha1 -Wl,-z,relro,-z,now,-z,noexecstack)
  if(NOT TQ_SANITIZE AND NOT "${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS}" MATCHES "-fsanitize=")
    # A sanitizer's runtime is in the executable, so its symbols are undefined here.
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
endfunction()
