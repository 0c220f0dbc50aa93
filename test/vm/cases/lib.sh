# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# What the cases share. Sourced by all.sh, in the guest.
provider=${provider:?}
parameters=/sys/module/attestd_fake_tee/parameters
# shellcheck disable=SC2034 # for the cases
reports=/sys/kernel/config/tsm/report
socket=/run/attestd.sock
log=/tmp/attestd.log
signer=
agent=

pass() {
    echo "@@PASS $*"
}

# fail NAME [WHY]: with the end of the daemon's log.
fail() {
    echo "@@FAIL $*"
    tail -n 5 "$log" 2>/dev/null
}

# check NAME COMMAND...: passes when the command succeeds.
check() {
    local name=$1
    shift
    if "$@"; then pass "$name"; else fail "$name" "($*)"; fi
}

# wait_for COMMAND...: polls until it succeeds, 30 s at most.
wait_for() {
    local deadline=$(($(cut -d. -f1 /proc/uptime) + 30))
    until "$@" >/dev/null 2>&1; do
        [ "$(cut -d. -f1 /proc/uptime)" -lt "$deadline" ] || return 1
        usleep 20000
    done
}

# start_signer [serve-templates]: in place of the one that runs.
start_signer() {
    stop_signer
    attestd-fake-psp "${1:-serve}" /extra/keys &
    signer=$!
}

stop_signer() {
    [ -n "$signer" ] || return 0
    kill "$signer"
    wait "$signer" 2>/dev/null
    signer=
}

# load_tee [PARAMETER=VALUE...]: the test module anew, and its signer.
load_tee() {
    if [ -d "$parameters" ]; then
        stop_signer
        rmmod attestd_fake_tee || return 1
    fi
    insmod /modules/attestd_fake_tee.ko "provider=$provider" "$@" || return 1
    start_signer serve
}

# fault NAME=VALUE...: parameters of the test module.
fault() {
    local pair
    for pair in "$@"; do
        echo "${pair#*=}" >"$parameters/${pair%%=*}" || return 1
    done
}

no_faults() {
    fault fault_count=0 empty_count=0 wrong_nonce_count=0 delay_ms=0
}

asked() {
    cat "$parameters/asked"
}

ctl() {
    attestctl --socket "$socket" "$@"
}

# start_agent BACKEND [LINE...]: attestd with this backend and more lines of configuration.
start_agent() {
    local backend=$1
    shift
    {
        printf '[tee]\nbackend = "%s"\n' "$backend"
        [ $# = 0 ] || printf '%s\n' "$@"
        printf '[[kbs]]\nname = "host"\nurl = "https://10.0.2.100"\nca_file = "/extra/ca.pem"\n'
        printf '[[listener]]\npath = "%s"\nmode = "0600"\n' "$socket"
    } >/tmp/attestd.toml
    : >"$log"
    attestd --config /tmp/attestd.toml >>"$log" 2>&1 &
    agent=$!
    ctl --wait --timeout 30s status >/tmp/status || { cat "$log"; return 1; }
}

stop_agent() {
    kill "${1:--TERM}" "$agent"
    wait "$agent" 2>/dev/null
    return 0
}

# evidence [OPTION...]: to /tmp/evidence, errors to /tmp/error, for the nonce "5a5a...".
nonce=5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a
nonce=$nonce$nonce
evidence() {
    ctl "$@" get-evidence --runtime-data "$nonce" >/tmp/evidence 2>/tmp/error
}

# load REQUESTS PROCESSES: evidence for fresh nonces, each looked at.
load() {
    timeout 160 attestd-evidence-load "$socket" "$@"
}

# keep NAME: what `evidence` gave, for the host.
keep() {
    cp /tmp/evidence "/results/$1.json"
}
