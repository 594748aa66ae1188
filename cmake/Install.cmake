# Installed: program, library, headers, man pages, completions, sample model, CMake package.
include(CMakePackageConfigHelpers)

target_compile_features(pnlp PUBLIC cxx_std_20)
install(TARGETS pnlp_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS pnlp EXPORT pnlpTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})

# A header that says so in its opening is private to its floor.
file(GLOB headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/lib lib/*/*.hpp)
foreach(header ${headers})
  file(STRINGS lib/${header} private REGEX "^// .*included by \\.cpp files of this folder only")
  if(NOT private)
    get_filename_component(floor ${header} DIRECTORY)
    install(FILES lib/${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/pnlp/${floor})
  endif()
endforeach()

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/pnlp)
install(EXPORT pnlpTargets NAMESPACE pnlp:: DESTINATION ${package_dir})
configure_package_config_file(cmake/pnlpConfig.cmake.in ${PROJECT_BINARY_DIR}/pnlpConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/pnlpConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/pnlpConfig.cmake ${PROJECT_BINARY_DIR}/pnlpConfigVersion.cmake
        DESTINATION ${package_dir})

foreach(section 1 5)
  file(GLOB pages CONFIGURE_DEPENDS man/*.${section})
  install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

# Where each shell looks below a prefix.
install(FILES completions/pnlp.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME pnlp)
install(FILES completions/_pnlp DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES completions/pnlp.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

# The model that `pnlp predict` takes when none is named. Committed, so that a build needs no training;
# this target makes it anew, small enough to be carried along: the same bytes each time on one kind of CPU.
set(sample ${PROJECT_SOURCE_DIR}/testdata/sample)
add_custom_target(sample-model
  COMMAND pnlp_program train --quiet --preset megabyte --channel-rows 256 --feature-size 256 --bottleneck 32
          --ngram-weights 8000 --separate-loss 0.5 --weights int8 --seed 1
          --dev ${sample}/dev.jsonl -o ${sample}/sample.pnlp ${sample}/train.jsonl
  COMMENT "Training ${sample}/sample.pnlp" VERBATIM USES_TERMINAL)
install(FILES ${sample}/sample.pnlp DESTINATION ${CMAKE_INSTALL_DATADIR}/pnlp)
