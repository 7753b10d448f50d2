#!/usr/bin/env bash
# Makes sure that the programs named are here; installs what is missing with the platform's package manager, and says so.
set -euo pipefail

package_of() { # program, package manager -> package
  case "$1:$2" in
    redis-server:dnf|redis-server:brew|redis-server:apk|redis-server:pacman) echo redis ;;
    sipp:apt-get) echo sip-tester ;;
    *) echo "$1" ;;
  esac
}

missing=()
for program in "$@"; do
  command -v "$program" >/dev/null 2>&1 || missing+=("$program")
done
[ ${#missing[@]} -eq 0 ] && exit 0

for manager in apt-get dnf apk pacman brew; do
  if command -v "$manager" >/dev/null 2>&1; then found=$manager; break; fi
done
if [ -z "${found:-}" ]; then
  echo "Missing: ${missing[*]}. No package manager was found: install them by hand, then run this again." >&2
  exit 1
fi

packages=()
for program in "${missing[@]}"; do packages+=("$(package_of "$program" "$found")"); done
echo "installing ${packages[*]} with $found"

as_root=()
if [ "$found" != brew ] && [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "Not root, and no sudo: ask your administrator to install ${packages[*]}." >&2
    exit 1
  fi
  as_root=(sudo)
fi
log=$(mktemp)
install() {
  case "$found" in
    apt-get) "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" ;;
    dnf) "${as_root[@]}" dnf install -y -q "${packages[@]}" ;;
    apk) "${as_root[@]}" apk add -q "${packages[@]}" ;;
    pacman) "${as_root[@]}" pacman -S --noconfirm --quiet "${packages[@]}" ;;
    brew) brew install -q "${packages[@]}" ;;
  esac
}
if ! install >"$log" 2>&1; then
  tail -n 15 "$log" >&2
  echo "Could not install ${packages[*]} with $found. Install them by hand, then run this again." >&2
  exit 1
fi
# Debian starts a Redis of its own when it installs it; ours runs on its own data, so that one may stay as it is.
