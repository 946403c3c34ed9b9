# Finds oneDNN and OpenBLAS in the Python packages that carry them (requirements/build.txt), and puts the shared
# libraries where the package looks for them: as links for work in place, as stripped copies in a wheel.

execute_process(COMMAND ${Python_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/find_libraries.py
  OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_VARIABLE problem RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${problem}")
endif()
list(POP_FRONT found ONEDNN_INCLUDE ONEDNN_LIBRARY OPENBLAS_INCLUDE OPENBLAS_LIBRARY)
set(package_libraries ${ONEDNN_LIBRARY} ${OPENBLAS_LIBRARY} ${found})  # the rest: what OpenBLAS itself needs
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${package_libraries})

# For work in place. The system's own libraries (libgomp, libhwy) are found by the loader.
function(link_libraries_into folder)
  file(MAKE_DIRECTORY ${folder})
  file(GLOB old ${folder}/*.so*)
  foreach(file ${old})  # links to an environment that is gone
    if(IS_SYMLINK ${file})
      file(REMOVE ${file})
    endif()
  endforeach()
  foreach(file ${package_libraries})
    get_filename_component(name ${file} NAME)
    file(CREATE_LINK ${file} ${folder}/${name} SYMBOLIC)
  endforeach()
endfunction()

# For a wheel: with the system's libraries too, each under the name by which it is looked up.
function(install_libraries destination)
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libgomp.so.1 OUTPUT_VARIABLE gomp OUTPUT_STRIP_TRAILING_WHITESPACE)
  set(stage ${CMAKE_BINARY_DIR}/libraries)
  file(MAKE_DIRECTORY ${stage})
  foreach(file ${package_libraries} ${gomp} ${HWY_LIBRARY}.1 ${HWY_CONTRIB_LIBRARY}.1)
    get_filename_component(name ${file} NAME)
    execute_process(COMMAND ${CMAKE_STRIP} --strip-unneeded -o ${stage}/${name} ${file} COMMAND_ERROR_IS_FATAL ANY)
    install(PROGRAMS ${stage}/${name} DESTINATION ${destination})
  endforeach()
  execute_process(COMMAND ${Python_EXECUTABLE} ${PROJECT_SOURCE_DIR}/cmake/find_libraries.py --licenses ${stage}/licenses
    COMMAND_ERROR_IS_FATAL ANY)
  install(DIRECTORY ${stage}/licenses DESTINATION ${destination})
endfunction()
