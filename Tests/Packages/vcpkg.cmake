# The portfile, run by CMake from the unpacked tarball, with as much of vcpkg as that takes.
function(vcpkg_download_distfile archive)
endfunction()

function(vcpkg_extract_source_archive tree)
  set(${tree} "${TREE}" PARENT_SCOPE)
endfunction()

function(vcpkg_fixup_pkgconfig)
endfunction()

function(vcpkg_install_copyright list)
  foreach(path IN LISTS ARGN)
    if(NOT EXISTS "${path}")
      message(FATAL_ERROR "no ${path}")
    endif()
  endforeach()
endfunction()

include("${PORTFILE}")
