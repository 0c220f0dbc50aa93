#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: deb_test.sh BUILD_DIRECTORY
# Packs the release build as a .deb, installs it on this machine, uses it, removes and purges it,
# and checks that nothing is left. Changes the machine it runs on, so: root, and no attestd there.
# Exit status 77 means skipped.
set -euo pipefail

build=$(realpath "$1")
# What a package may touch. The user stays after a purge (cmake/debian/postrm says why).
watched=(/etc /usr /var/lib /run)
# dpkg's own books, caches that others rebuild, and the accounts.
ignored='^(/var/lib/dpkg|/var/lib/apt|/var/lib/systemd/deb-systemd-helper-[a-z]+|/usr/share/info|'
ignored+='/etc/ld\.so\.cache|/run/lock|/run/user|/run/systemd|/etc/(passwd|group|shadow|gshadow|'
ignored+='subuid|subgid)-?|/etc/\.pwd\.lock)(/|$)'

skip() {
    echo "deb_test: skipped: $1"
    exit 77
}

fail() {
    echo "deb_test: FAILED: $1" >&2
    exit 1
}

list_files() {
    find "${watched[@]}" -xdev 2>/dev/null | grep -Ev "$ignored" | sort
}

state() {
    dpkg-query -W -f '${db:Status-Status}' attestd 2>/dev/null || echo absent
}

[[ $(id -u) == 0 ]] || skip "installing a package needs root"
command -v dpkg-shlibdeps >/dev/null || skip "dpkg-dev is not installed"
case $(state) in
absent | not-installed) ;;
*) skip "attestd is installed on this machine already" ;;
esac
[[ ! -e /etc/attestd && ! -e /run/attestd ]] || skip "/etc/attestd or /run/attestd is there already"

had_user=no
getent passwd attestd >/dev/null && had_user=yes
work=$(mktemp -d)
cleanup() {
    # Only what this script installed: the checks above saw no attestd.
    case $(state) in
    absent | not-installed) ;;
    *) dpkg --purge attestd >/dev/null 2>&1 || true ;;
    esac
    if [[ $had_user == no ]]; then
        userdel attestd 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap cleanup EXIT

(cd "$build" && cpack -G DEB -B "$work" >"$work/cpack.log" 2>&1) ||
    { cat "$work/cpack.log"; fail "cpack"; }
packages=("$work"/*.deb)
deb=${packages[0]}
[[ ${#packages[@]} == 1 && -f $deb ]] || fail "cpack made no package"
[[ $(dpkg-deb -f "$deb" Package) == attestd ]] || fail "the package has another name"
depends=$(dpkg-deb -f "$deb" Depends)
for needed in libtss2-tcti-device0 libtss2-esys libcurl libseccomp2 libssl3 libc6; do
    [[ $depends == *"$needed"* ]] || fail "Depends lacks $needed: $depends"
done
echo "package: $(basename "$deb"), $(stat -c %s "$deb") bytes"
echo "depends: $depends"

list_files >"$work/before"
dpkg -i "$deb" >"$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log"; fail "dpkg -i"; }
list_files >"$work/installed"

expected=(/usr/bin/attestd /usr/bin/attestctl /usr/libexec/attestd/attestd-mount
    /etc/attestd/config.toml
    /usr/lib/systemd/system/attestd.service /usr/lib/sysusers.d/attestd.conf
    /usr/lib/tmpfiles.d/attestd.conf /usr/share/doc/attestd/copyright
    /usr/share/doc/attestd/attestd.cdx.json)
for file in "${expected[@]}"; do
    [[ -f $file ]] || fail "$file is not installed"
done
[[ ! -e /usr/bin/attestd-dev-kbs ]] || fail "the development broker is in the package"
getent passwd attestd >/dev/null || fail "no user attestd"
/usr/bin/attestd --version | grep '^attestd [0-9]' >/dev/null || fail "attestd --version"
/usr/bin/attestd --help >/dev/null || fail "attestd --help"
/usr/bin/attestctl --help >/dev/null || fail "attestctl --help"
code=0
/usr/bin/attestctl status 2>"$work/status" || code=$?
[[ $code == 5 ]] || fail "attestctl status without a daemon exits $code"
# The unit that is installed runs the program and reads the file that are installed.
grep -q '^ExecStart=/usr/bin/attestd --config /etc/attestd/config.toml$' \
    /usr/lib/systemd/system/attestd.service || fail "ExecStart"
if command -v systemd-analyze >/dev/null; then
    systemd-analyze security --offline=true --threshold=18 --no-pager attestd.service \
        >"$work/security" || fail "the unit exposes too much: $(tail -n 1 "$work/security")"
fi
# As shipped no broker is configured: refused, and the line says what to write.
code=0
/usr/bin/attestd --check-config >"$work/check" 2>&1 || code=$?
[[ $code != 0 ]] || fail "the configuration as shipped is accepted"
grep -q 'kbs' "$work/check" || fail "the refusal does not name [[kbs]]: $(cat "$work/check")"
# With the broker's lines uncommented it is valid: the example's other lines are right.
sed -E '/^#\[\[kbs\]\]/,$ s/^#//; /^ca_file/d' /etc/attestd/config.toml >"$work/config.toml"
/usr/bin/attestd --check-config --config "$work/config.toml" >"$work/check" 2>&1 ||
    fail "the example with a broker is refused: $(cat "$work/check")"

# A changed configuration is the administrator's: kept by remove, taken by purge.
echo '# changed' >>/etc/attestd/config.toml
dpkg -r attestd >>"$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log"; fail "dpkg -r"; }
[[ ! -e /usr/bin/attestd && -f /etc/attestd/config.toml ]] || fail "removal"
dpkg -P attestd >>"$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log"; fail "dpkg -P"; }
list_files >"$work/after"
left=$(comm -13 "$work/before" "$work/after")
[[ -z $left ]] || fail "left behind: $left"
gone=$(comm -23 "$work/before" "$work/after")
[[ -z $gone ]] || fail "taken away: $gone"
# The check can fail: it does see what an installation adds.
[[ $(comm -13 "$work/before" "$work/installed" | wc -l) -ge ${#expected[@]} ]] ||
    fail "the list of files does not see an installation"

if command -v lintian >/dev/null; then
    lintian --allow-root --fail-on error,warning --suppress-tags-from-file \
        "$(dirname "$0")/lintian-suppressed" "$deb" || fail "lintian"
else
    echo "deb_test: lintian is not installed: skipped"
fi
echo "deb_test: passed"
