# Installs the build to a fresh prefix, looks at what is there, and builds and runs a project that knows
# nothing but that prefix.
#
#   cmake -DBUILD=... -DSOURCE=... -DWORK=... -DGENERATOR=... -DCOMPILER=... -DFLAGS=... -DHEADERS=ON
#         -DLIBDIR=... -P package_test.cmake

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGN}\nexit ${result}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

set(prefix ${WORK}/prefix)
file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})

file(GLOB pages RELATIVE ${SOURCE}/../../man ${SOURCE}/../../man/*.1 ${SOURCE}/../../man/*.5)
list(TRANSFORM pages REPLACE "(.*([15]))$" "share/man/man\\2/\\1")
foreach(file bin/pnlp ${LIBDIR}/libpnlp.a ${LIBDIR}/cmake/pnlp/pnlpConfig.cmake include/pnlp/text/tokenizer.hpp
        share/pnlp/sample.pnlp share/bash-completion/completions/pnlp share/zsh/site-functions/_pnlp
        share/fish/vendor_completions.d/pnlp.fish ${pages})
  if(NOT EXISTS ${prefix}/${file})
    message(FATAL_ERROR "${file} is not installed")
  endif()
endforeach()

file(SIZE ${prefix}/share/pnlp/sample.pnlp size)
if(size GREATER 300000)
  message(FATAL_ERROR "the sample model has ${size} bytes: it is to be carried along, and stays under 300000")
endif()
file(WRITE ${WORK}/request.txt "wake me at seven tomorrow\n")
run(${prefix}/bin/pnlp predict ${WORK}/request.txt)
if(NOT output MATCHES "\"set_alarm\".*\"start\":11,\"end\":25,\"label\":\"time\"")
  message(FATAL_ERROR "the installed model says ${output}")
endif()

run(${CMAKE_COMMAND} -S ${SOURCE}/consumer -B ${WORK}/build -G ${GENERATOR} -DCMAKE_PREFIX_PATH=${prefix}
    -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_FLAGS=${FLAGS} -DHEADERS=${HEADERS})
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/consumer ${prefix}/share/pnlp/sample.pnlp "wake me at seven tomorrow")
if(NOT output STREQUAL "5 words: set_alarm, time 'seven tomorrow'\n")
  message(FATAL_ERROR "the consumer says '${output}'")
endif()
# An error of the library reaches a program that catches it.
file(WRITE ${WORK}/cut.pnlp "PNLPMODL")
execute_process(COMMAND ${WORK}/build/consumer ${WORK}/cut.pnlp "wake me" RESULT_VARIABLE result ERROR_VARIABLE output)
if(NOT result EQUAL 1 OR NOT output MATCHES "cut.pnlp")
  message(FATAL_ERROR "of a cut model the consumer says '${output}', exit ${result}")
endif()
