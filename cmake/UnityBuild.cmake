# Several sources are compiled as one (CMAKE_UNITY_BUILD, which the presets release and asan set): a
# third of the time. Files whose local names clash with a neighbour's are compiled alone; "redefinition
# of" and "shadows a global declaration" in a new file ask for a better name there, or for a line here.
set(ATTESTD_COMPILED_ALONE
    src/agent/coco_as.cc
    src/agent/credential_files.cc
    src/agent/rest_place.cc
    src/agent/secure_mount_config.cc
    src/agent/systemd_door.cc
    src/agent/unix_listener.cc
    src/appraisal/dcap_quote.cc
    src/appraisal/sgx.cc
    src/appraisal/tcb_collateral.cc
    src/appraisal/tcb_status.cc
    src/appraisal/tdx.cc
    src/base/http_curl_settings.cc
    src/base/pem.cc
    src/compat/translate.cc
    src/ctl/exec_options.cc
    src/ctl/fetch.cc
    src/ctl/resource_options.cc
    src/ctl/watch.cc
    src/eventlog/tcg_log.cc
    src/kbs_client/attestation_result.cc
    src/kbs_client/jwe_parse.cc
    src/kbs_client/messages.cc
    src/kbs_client/session_cookie.cc
    src/keyprovider/protocol.cc
    src/tee/azure_vtpm/format/hcl_report.cc
    src/tee/azure_vtpm/format/imds.cc
    src/tee/azure_vtpm/imds_client.cc
    src/tee/cca/format/token.cc
    src/tee/snp/format/report.cc
    src/tee/tdx/format/quote.cc
    test/agent/call_gate_test.cc
    test/agent/config_test.cc
    test/agent/credential_files_test.cc
    test/agent/flight_plan_test.cc
    test/agent/grpc_callers_test.cc
    test/agent/kbs_config_test.cc
    test/agent/measurements_test.cc
    test/agent/reception_test.cc
    test/agent/sandbox_rules_test.cc
    test/agent/slots_test.cc
    test/agent/tee_config_test.cc
    test/appraisal/azure_vectors_test.cc
    test/appraisal/snp_test.cc
    test/appraisal/tpm_test.cc
    test/base/http_proxy_test.cc
    test/base/http_tls_test.cc
    test/compat/translate_test.cc
    test/ctl/fake_daemon.cc
    test/ctl/output_file_test.cc
    test/ctl/output_set_test.cc
    test/dev_kbs/kbs_resource_test.cc
    test/dev_kbs/kbs_service.cc
    test/evidence/collector_test.cc
    test/evidence/devices_test.cc
    test/fuse/sev_guest.cc
    test/fuse/tdx_guest.cc
    test/kbs_client/exported_key_test.cc
    test/kbs_client/kbs_client_test.cc
    test/kbs_client/messages_test.cc
    test/kbs_client/negotiation_test.cc
    test/kbs_client/session_keeper_test.cc
    test/kbs_client/resource_uri_test.cc
    test/rest/request_test.cc
    test/tee/azure_vtpm/hcl_report_test.cc
    test/tee/snp/snp_source_test.cc
    test/tee/tdx/kernel_test.cc
    test/ttrpc/server_test.cc)

# attestd_unity_of(SOURCES...): called beside the target, as properties of sources are by folder.
function(attestd_unity_of)
  foreach(_source ${ARGN})
    cmake_path(ABSOLUTE_PATH _source OUTPUT_VARIABLE _path)
    cmake_path(RELATIVE_PATH _path BASE_DIRECTORY "${CMAKE_SOURCE_DIR}")
    if(_path IN_LIST ATTESTD_COMPILED_ALONE)
      set_source_files_properties(${_source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  endforeach()
endfunction()
