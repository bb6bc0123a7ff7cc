# find_once(VARIABLE PROGRAM): the program, if the first configure of this build folder found it, else nothing. A program that is
# installed later (./test installs ccache) would change every command line, and the next ./run would build everything again.
# `cmake --fresh` looks anew.
function(find_once variable program)
  if(DEFINED CACHE{${variable}_ONCE})
    set(found "$CACHE{${variable}_ONCE}")
  else()
    find_program(${variable}_FOUND ${program})
    set(found "${${variable}_FOUND}")
  endif()
  # One that was removed since is not called.
  if(NOT found OR NOT EXISTS "${found}")
    set(found "")
  endif()
  set(${variable}_ONCE "${found}" CACHE STRING "${program}, as the first configure found it; empty: none" FORCE)
  set(${variable} "${found}" PARENT_SCOPE)
endfunction()
