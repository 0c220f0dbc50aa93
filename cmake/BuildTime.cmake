# ATTESTD_BUILD_TIME: seconds since 1970 that the present is not before. The same for every build of
# one commit: SOURCE_DATE_EPOCH where it is set (reproducible-builds.org), else the date of git's
# HEAD as of the last configure, else a day before this version.
set(ATTESTD_BUILD_TIME 1767225600) # 2026-01-01
if("$ENV{SOURCE_DATE_EPOCH}" MATCHES "^[0-9]+$")
  set(ATTESTD_BUILD_TIME "$ENV{SOURCE_DATE_EPOCH}")
else()
  execute_process(COMMAND git -C "${CMAKE_SOURCE_DIR}" log -1 --format=%ct
                  OUTPUT_VARIABLE _head_date ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(_head_date MATCHES "^[0-9]+$")
    set(ATTESTD_BUILD_TIME "${_head_date}")
  endif()
endif()
