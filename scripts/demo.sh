#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds attestd and shows its main job on this machine: a key broker releases a secret because a
# TPM's quote, bound to the broker's nonce, was verified, and refuses it when it should.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

bin=$root/build/release/bin
resource=kbs:///default/demo/secret
# attestd's default handle of the attestation key ([tpm] ak_handle).
ak_handle=0x81010002
broker_port=0
work=
children=()

finish() {
    local code=$?
    trap - EXIT
    if [[ $code != 0 && -n $work ]]; then
        tail -n 5 "$work"/*.log >&2 2>/dev/null || true
    fi
    if [[ ${#children[@]} -gt 0 ]]; then
        kill "${children[@]}" 2>/dev/null || true
        wait "${children[@]}" 2>/dev/null || true
    fi
    [[ -z $work ]] || rm -rf "$work"
    if [[ $code != 0 ]]; then
        say "attestd demo: FAILED: $current_step"
    fi
    exit "$code"
}
trap finish EXIT
trap 'exit 1' INT TERM

# wait_for TEXT COMMAND...: polls until the command succeeds, 20 s at most.
wait_for() {
    local what=$1 deadline=$((SECONDS + 20))
    shift
    until "$@" >/dev/null 2>&1; do
        [[ $SECONDS -lt $deadline ]] || die "$what: not within 20 s"
        sleep 0.05
    done
}

# stop PID: ends a child and waits until it is gone.
stop() {
    kill "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

make_certificates() {
    local -a subject=(-subj "/CN=attestd demo")
    quietly openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 2 \
        -subj "/CN=attestd demo authority" -keyout "$work/ca.key" -out "$work/ca.pem"
    quietly openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc \
        "${subject[@]}" -keyout "$work/server.key" -out "$work/server.csr"
    quietly openssl x509 -req -in "$work/server.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" \
        -CAcreateserial -days 2 -extfile <(echo "subjectAltName=IP:127.0.0.1") \
        -out "$work/server.pem"
}

# A TPM 2.0 on two free ports in a row, as tpm2-tss wants them: commands, control.
start_tpm() {
    local port pid attempt
    mkdir "$work/tpm"
    for ((attempt = 0; attempt < 20; attempt++)); do
        # Below the range from which the kernel takes ports for others.
        port=$((10000 + RANDOM % 20000))
        swtpm socket --tpm2 --tpmstate "dir=$work/tpm" --flags not-need-init,startup-clear \
            --server "type=tcp,bindaddr=127.0.0.1,port=$port" \
            --ctrl "type=tcp,bindaddr=127.0.0.1,port=$((port + 1))" >"$work/swtpm.log" 2>&1 &
        pid=$!
        export TPM2TOOLS_TCTI="swtpm:host=127.0.0.1,port=$port"
        until tpm2_pcrread sha256:11 >/dev/null 2>&1; do
            kill -0 "$pid" 2>/dev/null || continue 2
            sleep 0.05
        done
        children+=("$pid")
        return
    done
    die "swtpm found no free ports"
}

start_broker() {
    rm -f "$work/port"
    "$bin/attestd-dev-kbs" --listen "127.0.0.1:$broker_port" --cert "$work/server.pem" \
        --key "$work/server.key" --resources "$work/resources" --policy "$work/policy.toml" \
        --port-file "$work/port" >>"$work/broker.log" 2>&1 &
    broker=$!
    children+=("$broker")
    wait_for "the broker listens" test -s "$work/port"
    broker_port=$(<"$work/port")
}

start_agent() {
    "$bin/attestd" --config "$work/attestd.toml" >>"$work/attestd.log" 2>&1 &
    agent=$!
    children+=("$agent")
    ctl --wait --timeout 20s status >/dev/null
}

ctl() {
    "$bin/attestctl" --socket "unix://$work/attestd.sock" "$@"
}

# expect_refusal TEXT: the request is refused, exit code 3, and the broker's log says TEXT.
expect_refusal() {
    local code=0
    : >"$work/broker.log"
    say "    \$ attestctl get-resource $resource"
    ctl get-resource "$resource" >"$work/out" 2>"$work/err" || code=$?
    say "    $(<"$work/err")   [exit $code]"
    [[ $code == 3 && ! -s $work/out ]] || die "the request was not refused"
    grep -m 1 "^refused.*$1" "$work/broker.log" >"$work/reason" ||
        die "the broker refused for another reason: $(<"$work/broker.log")"
    say "    broker: $(<"$work/reason")"
}

write_configuration() {
    cat >"$work/attestd.toml" <<EOF
[tee]
backend = "tpm"
[tpm]
tcti = "$TPM2TOOLS_TCTI"
ak_handle = $ak_handle
[[kbs]]
name = "demo"
url = "https://127.0.0.1:$broker_port"
ca_file = "$work/ca.pem"
[[listener]]
path = "$work/attestd.sock"
mode = "0600"
EOF
}

# The broker trusts this TPM's key, in this state of the machine.
write_policy() {
    local pcr
    tpm2_readpublic -Q -c "$ak_handle" -f pem -o "$work/ak.pem"
    pcr=$(tpm2_pcrread sha256:11 | sed -nE 's/^ *11 *: 0x([0-9A-Fa-f]{64})$/\1/p')
    [[ -n $pcr ]] || die "PCR 11 cannot be read"
    cat >"$work/policy.toml" <<EOF
allowed_tees = ["tpm"]
[tpm]
trusted_aks = ["ak.pem"]
[tpm.expected_pcrs]
11 = "${pcr,,}"
EOF
}

step "install the Debian packages that are missing"
install_packages scripts/packages.txt
use_ccache
step "build (minutes the first time, seconds the next)"
build release attestd attestctl attestd-dev-kbs

step "a TPM 2.0 (swtpm), a key broker behind TLS with a private authority, and attestd"
work=$(mktemp -d)
make_certificates
start_tpm
mkdir -p "$work/resources/default/demo"
secret="the secret of $(date +%s)-$RANDOM"
printf '%s' "$secret" >"$work/resources/default/demo/secret"
printf 'allowed_tees = ["tpm"]\n' >"$work/policy.toml"
start_broker
write_configuration
start_agent

step "1. the broker does not know this TPM's key yet: refused"
expect_refusal "tpm"

step "2. the broker is given the TPM's public key and the value of PCR 11: the secret comes out"
write_policy
stop "$broker"
start_broker
say "    \$ attestctl get-resource $resource"
ctl get-resource "$resource" >"$work/out"
say "    $(<"$work/out")"
[[ $(<"$work/out") == "$secret" ]] || die "these are not the bytes that the broker holds"

step "3. old evidence for a new nonce: refused"
: >"$work/broker.log"
python3 scripts/replay_stale_nonce.py --ca "$work/ca.pem" \
    --url "https://127.0.0.1:$broker_port" --attestctl "$bin/attestctl" \
    --socket "unix://$work/attestd.sock"
grep '^refused' "$work/broker.log" | sed 's/^/    broker: /'

step "4. the machine's state changes (PCR 11 is extended): the same request is refused"
tpm2_pcrextend "11:sha256=$(printf '%064d' 1)"
say "    attestd is restarted: a session that was granted before would last its five minutes"
stop "$agent"
start_agent
expect_refusal "pcr.11"

say "attestd demo: PASSED: a secret was released for a verified TPM quote, and refused for" \
    "an unknown TPM, a stale nonce and a changed machine"
