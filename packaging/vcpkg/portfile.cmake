# The release's tarball, since vcpkg has no Swift. The URL is that of your mirror, the checksums those of the release.
set(VCPKG_BUILD_TYPE release)
set(VCPKG_POLICY_SKIP_LIB_CMAKE_MERGE_CHECK enabled) # the files for CMake find the library from where they are

if(VCPKG_TARGET_ARCHITECTURE STREQUAL "arm64")
  set(processor aarch64)
  set(checksum 0)
else()
  set(processor x86_64)
  set(checksum 0)
endif()

set(name "libdosai-${VERSION}-${processor}-linux-gnu.tar.gz")
vcpkg_download_distfile(archive URLS "https://dos.ai/dist/${name}" FILENAME "${name}" SHA512 ${checksum})
vcpkg_extract_source_archive(tree ARCHIVE "${archive}")

file(INSTALL "${tree}/include" "${tree}/lib" DESTINATION "${CURRENT_PACKAGES_DIR}")
file(INSTALL "${tree}/bin/" DESTINATION "${CURRENT_PACKAGES_DIR}/tools/dosai" USE_SOURCE_PERMISSIONS)
vcpkg_fixup_pkgconfig()
vcpkg_install_copyright(FILE_LIST "${tree}/LICENSE" "${tree}/licenses.txt")
