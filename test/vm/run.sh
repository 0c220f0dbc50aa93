#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: run.sh BIN [sev_guest|tdx_guest|volume]...
# Boots a guest for each word (all by default) with the release binaries of the folder BIN and runs
# the cases in it: attestd against the kernel's own configfs-tsm core, /dev/sev-guest or
# /dev/tdx_guest, and /dev/tpmrm0; for "volume" against dm-crypt and dm-integrity. The development
# broker runs here, on loopback, and is all that the guest can reach. What the guest brought back is
# judged here once more. Exits with 0 when every check passed, 77 after "SKIPPED: why", 1 otherwise.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# A busy machine may need more.
boot_seconds=${ATTESTD_VM_SECONDS:-480}
# As many checks as the cases have; fewer mean that the guest did not get through them.
declare -A least_checks=([sev_guest]=81 [tdx_guest]=57 [volume]=43)
children=()
work=
failures=0

say() {
    printf '%s\n' "$*"
}

skip() {
    say "SKIPPED: $*"
    exit 77
}

finish() {
    local code=$?
    trap - EXIT
    if [[ ${#children[@]} -gt 0 ]]; then
        kill "${children[@]}" 2>/dev/null || true
        wait "${children[@]}" 2>/dev/null || true
    fi
    if [[ $code != 0 && $code != 77 && -n ${ATTESTD_VM_KEEP:-} ]]; then
        say "kept: $work"
    elif [[ -n $work ]]; then
        rm -rf "$work"
    fi
    exit "$code"
}

# wait_for TEXT COMMAND...: polls until the command succeeds, 20 s at most.
wait_for() {
    local what=$1 deadline=$((SECONDS + 20))
    shift
    until "$@" >/dev/null 2>&1; do
        [[ $SECONDS -lt $deadline ]] || { say "FAIL: $what: not within 20 s"; return 1; }
        sleep 0.05
    done
}

# check NAME COMMAND...: one judgement of the host.
check() {
    local name=$1
    shift
    if "$@" >"$work/check.log" 2>&1; then
        say "  pass: host: $name"
    else
        say "  FAIL: host: $name"
        tail -n 20 "$work/check.log"
        failures=$((failures + 1))
    fi
}

# fails COMMAND...: ends with 1, attestctl's verdict "fail"; 2 would be unusable input.
fails() {
    local code=0
    "$@" || code=$?
    [[ $code == 1 ]]
}

make_certificates() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 2 \
        -subj "/CN=attestd test authority" -keyout "$work/ca.key" -out "$work/extra/ca.pem"
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc \
        -subj "/CN=attestd test" -keyout "$work/server.key" -out "$work/server.csr"
    openssl x509 -req -in "$work/server.csr" -CA "$work/extra/ca.pem" -CAkey "$work/ca.key" \
        -CAcreateserial -days 2 -extfile <(echo "subjectAltName=IP:10.0.2.100") \
        -out "$work/server.pem"
}

# The broker trusts the roots of the throw-away keys, and nothing else.
start_broker() {
    mkdir -p "$work/resources/default/vm" "$work/roots"
    head -c 4096 /dev/urandom >"$work/resources/default/vm/secret"
    head -c 32 /dev/urandom >"$work/resources/default/vm/volume"
    head -c 32 /dev/urandom >"$work/resources/default/vm/other"
    printf 'never released' >"$work/resources/default/vm/locked"
    cp "$work/extra/keys/snp/ark.pem" "$work/roots/ark.pem"
    cp "$work/extra/keys/tdx/root.pem" "$work/roots/tdx.pem"
    cat >"$work/policy.toml" <<END
allowed_tees = ["snp", "tdx"]
denied_resources = ["default/vm/locked"]
[roots]
files = ["roots/ark.pem", "roots/tdx.pem"]
END
    "$bin/attestd-dev-kbs" --listen 127.0.0.1:0 --cert "$work/server.pem" \
        --key "$work/server.key" --resources "$work/resources" --policy "$work/policy.toml" \
        --port-file "$work/port" >"$work/broker.log" 2>&1 &
    children+=("$!")
    wait_for "the broker listens" test -s "$work/port" || { cat "$work/broker.log"; exit 1; }
}

# start_tpm FOLDER: a TPM 2.0 for one boot; it ends with QEMU.
start_tpm() {
    mkdir "$1/tpm"
    swtpm socket --tpm2 --tpmstate "dir=$1/tpm" --ctrl "type=unixio,path=$1/tpm.sock" \
        --terminate >"$1/swtpm.log" 2>&1 &
    children+=("$!")
    wait_for "swtpm listens" test -S "$1/tpm.sock"
}

# boot PROVIDER FOLDER: until the guest powers off. QEMU's exit code says nothing: a kernel that
# panicked ends it with 0.
boot() {
    local provider=$1 folder=$2
    # shellcheck disable=SC2054 # the commas are QEMU's
    local -a qemu=(qemu-system-x86_64 -accel tcg
        # Without cx16: QEMU 7.2's emulation of cmpxchg16b crashes this kernel at random.
        -cpu max,-cx16
        -machine q35 -m 512 -smp 2 -nodefaults -no-user-config -display none -no-reboot
        -kernel "$kernel/vmlinuz" -initrd "$work/initramfs"
        -append "console=ttyS0 quiet panic=-1 random.trust_cpu=on attestd.provider=$provider"
        -serial "file:$folder/console.log"
        -chardev "socket,id=tpm,path=$folder/tpm.sock" -tpmdev emulator,id=tpm0,chardev=tpm
        -device tpm-crb,tpmdev=tpm0
        -device virtio-serial-pci -chardev "file,id=results,path=$folder/results.tar"
        -device virtserialport,chardev=results,name=attestd.results
        # The one way out of the guest: a process for each connection to the broker.
        -netdev "user,id=net0,ipv6=off,restrict=on,guestfwd=tcp:10.0.2.100:443-cmd:busybox nc \
127.0.0.1 $(<"$work/port")"
        -device virtio-net-pci,netdev=net0,romfile=)
    : >"$folder/console.log"  # judged even when QEMU does not start
    timeout --kill-after=5 "$boot_seconds" "${qemu[@]}" </dev/null >"$folder/qemu.log" 2>&1 ||
        say "  QEMU ended with $?: $(tail -n 3 "$folder/qemu.log")"
}

# judge_console PROVIDER FOLDER: the guest's own checks.
judge_console() {
    local console=$2/console.log passed failed
    tr -d '\r' <"$console" >"$2/console.txt"
    sed -n 's/^@@PASS /  pass: /p; s/^@@FAIL /  FAIL: /p; s/^@@\(BOOT\|TIME\|ENDED\)/  \1/p' \
        "$2/console.txt"
    passed=$(grep -c '^@@PASS ' "$2/console.txt" || true)
    failed=$(grep -c '^@@FAIL ' "$2/console.txt" || true)
    failures=$((failures + failed))
    if ! grep -q '^@@ENDED ' "$2/console.txt"; then
        say "  FAIL: the guest did not get to its end"
        failures=$((failures + 1))
    elif [[ $passed -lt ${least_checks[$1]} ]]; then
        say "  FAIL: only $passed checks of ${least_checks[$1]} were made"
        failures=$((failures + 1))
    fi
    if [[ $failures != 0 ]]; then
        say "  the end of the console:"
        tail -n 60 "$2/console.txt"
    fi
}

# appraise TEE FILE [OPTION...]: attestctl's verdict, with the throw-away roots.
appraise() {
    local tee=$1 file=$2
    shift 2
    "$bin/attestctl" appraise --tee "$tee" --evidence "$file" "$@"
}

# take_ak EVIDENCE FOLDER: the attestation key that evidence of a TPM names, as a root in FOLDER.
take_ak() {
    mkdir "$2"
    sed -n 's/.*"ak_public" *: *"\([^"]*\)".*/\1/p' "$1" | base64 -d |
        openssl pkey -pubin -inform DER -out "$2/ak.pem"
}

# judge_results PROVIDER FOLDER: what the guest brought back.
judge_results() {
    local results=$2/results nonce other tee
    [[ $1 != volume ]] || return 0
    mkdir "$results"
    tar -C "$results" -xf "$2/results.tar" || true
    nonce=$(printf '5a%.0s' {1..64})
    other=$(printf '5b%.0s' {1..64})
    tee=$([[ $1 == sev_guest ]] && echo snp || echo tdx)
    check "the secret is what the broker holds" \
        cmp "$results/secret" "$work/resources/default/vm/secret"
    check "evidence of \"auto\" is judged good" \
        appraise "$tee" "$results/auto.json" --roots "$work/roots" --report-data "$nonce"
    check "and not for another nonce" \
        fails appraise "$tee" "$results/auto.json" --roots "$work/roots" --report-data "$other"
    check "and not under the vendor's own roots" \
        fails appraise "$tee" "$results/auto.json" --report-data "$nonce"
    [[ $1 == sev_guest ]] || return 0
    check "evidence of the ioctls is judged good" \
        appraise snp "$results/ioctl.json" --roots "$work/roots" --report-data "$nonce"
    # No more than that the quote is this key's and this nonce's: the key comes with the evidence.
    check "evidence of the TPM names its key" take_ak "$results/tpm.json" "$2/ak"
    check "evidence of the TPM is judged good" \
        appraise tpm "$results/tpm.json" --roots "$2/ak" --report-data "${nonce:0:64}"
    check "and not for another nonce" \
        fails appraise tpm "$results/tpm.json" --roots "$2/ak" --report-data "${other:0:64}"
}

bin=${1:?usage: run.sh BIN [sev_guest|tdx_guest|volume]...}
shift
[[ $# -gt 0 ]] || set -- sev_guest tdx_guest volume
for tool in qemu-system-x86_64 swtpm cpio busybox openssl cryptsetup mke2fs; do
    command -v "$tool" >/dev/null || skip "$tool is not installed (scripts/packages-test.txt)"
done
trap finish EXIT
trap 'exit 1' INT TERM
begin=$SECONDS
kernel=$("$here/kernel.sh") || exit $?
say "kernel $(basename "$kernel"): $((SECONDS - begin)) s"

work=$(mktemp -d)
mkdir "$work/extra"
"$bin/attestd-fake-psp" make "$work/extra/keys"
make_certificates >"$work/openssl.log" 2>&1 || { cat "$work/openssl.log"; exit 1; }
start_broker
"$here/initramfs.sh" "$bin" "$kernel" "$work/extra" "$work/initramfs"

for provider in "$@"; do
    [[ -n ${least_checks[$provider]:-} ]] || { say "no such provider: $provider"; exit 1; }
    say "guest $provider"
    begin=$SECONDS
    mkdir "$work/$provider"
    start_tpm "$work/$provider"
    boot "$provider" "$work/$provider"
    judge_console "$provider" "$work/$provider"
    judge_results "$provider" "$work/$provider"
    say "guest $provider: $((SECONDS - begin)) s"
done
[[ $failures == 0 ]] || { say "attestd vm: FAILED ($failures)"; exit 1; }
say "attestd vm: PASSED"
