# SPDX-License-Identifier: MIT
# Sourced by the scripts: installs Debian packages that are missing, and says which.

run_as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

is_installed() { dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

# need_packages NAME...: installs those that are not there. NAME may be "A|B": the first that Debian has.
need_packages() {
  local wanted name missing=() chosen
  for wanted in "$@"; do
    for name in ${wanted//|/ }; do is_installed "$name" && continue 2; done
    missing+=("$wanted")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  echo "installing with apt: ${missing[*]}"
  run_as_root apt-get update -qq
  local install=()
  for wanted in "${missing[@]}"; do
    chosen=${wanted##*|}
    for name in ${wanted//|/ }; do
      if apt-cache show "$name" >/dev/null 2>&1; then chosen=$name; break; fi
    done
    install+=("$chosen")
  done
  run_as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${install[@]}" >/dev/null
}

# need_servers NAME...: the same for programs that Debian would start as services: here they are only wanted at hand.
need_servers() {
  local policy=/usr/sbin/policy-rc.d
  local name missing=()
  for name in "$@"; do is_installed "$name" || missing+=("$name"); done
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ -e $policy ]; then need_packages "$@"; return; fi
  printf '#!/bin/sh\nexit 101\n' | run_as_root tee $policy >/dev/null
  run_as_root chmod +x $policy
  local result=0
  need_packages "$@" || result=$?
  run_as_root rm -f $policy
  return $result
}

# need_catch2: version 3; Debian 12 has it in its backports, which are added as one more source if they are not there.
need_catch2() {
  [ -e /usr/include/catch2/catch_all.hpp ] && return 0
  echo "installing with apt: catch2 (version 3)"
  run_as_root apt-get update -qq
  local from=()
  if ! apt-cache show catch2 2>/dev/null | grep -q '^Version: 3'; then
    local suite list=/etc/apt/sources.list.d/poise-backports
    suite=$(. /etc/os-release && echo "$VERSION_CODENAME")-backports
    echo "adding Debian's $suite as a source of packages, for Catch2 alone"
    if [ -e /etc/apt/sources.list.d/debian.sources ]; then
      awk 'BEGIN { RS = ""; ORS = "\n\n" } NR == 1' /etc/apt/sources.list.d/debian.sources |
        sed "s/^Suites:.*/Suites: $suite/" | run_as_root tee $list.sources >/dev/null
    else
      awk -v suite="$suite" '$1 == "deb" { sub(/ [a-z]+ main/, " " suite " main"); print; exit }' \
        /etc/apt/sources.list | run_as_root tee $list.list >/dev/null
    fi
    run_as_root apt-get update -qq
  fi
  if ! apt-cache policy catch2 | grep -q 'Candidate: 3'; then from=(-t "$suite"); fi
  # Both, because libcatch2-dev alone would remove what depends on catch2.
  run_as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${from[@]}" \
    catch2 libcatch2-dev >/dev/null
}
