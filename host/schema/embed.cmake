# Writes a .cpp that holds JSON files as text: -DOUT=file.cpp -DFILES="name=path;name=path". Run at build time.
set(body "// Made from the JSON files of schemas/ by host/schema/embed.cmake.\n#include \"schema/embedded.hpp\"\n\nnamespace tq {\n")
foreach(pair IN LISTS FILES)
  string(REGEX MATCH "^([a-z_]+)=(.+)$" matched "${pair}")
  set(name ${CMAKE_MATCH_1})
  file(READ "${CMAKE_MATCH_2}" text)
  string(APPEND body "\nstd::string_view ${name}() {\n  return R\"json(${text})json\";\n}\n")
endforeach()
file(WRITE "${OUT}" "${body}\n}  // namespace tq\n")
