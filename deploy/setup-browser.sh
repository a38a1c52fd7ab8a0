#!/usr/bin/env bash
# What the browser tests and the look at reports need, from Debian's packages. Without root it only says what is missing.
set -euo pipefail
packages="chromium fonts-noto-cjk"
missing=""
for package in $packages; do dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"; done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
else
  echo "setup: the browser tests will not run; to run them: sudo apt-get install$missing" >&2
fi
