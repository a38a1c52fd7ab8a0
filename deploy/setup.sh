#!/usr/bin/env bash
# setup.sh PYTHON VENV LOCK: a virtual environment with exactly what the lock file names, and the `huiying` command in it.
set -euo pipefail
python=$1 venv=$2 lock=$3
command -v "$python" >/dev/null || { echo "setup: no $python here; install Python 3.11 or newer, or say make PYTHON=..." >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  { echo "setup: $("$python" --version) is too old; Huiying needs Python 3.11 or newer (make PYTHON=python3.12)" >&2; exit 1; }
if [ ! -x "$venv/bin/pip" ]; then
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then   # Debian keeps these apart from Python
    package="python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
      apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$package"
    else
      echo "setup: Python's venv is missing; run: sudo apt-get install $package" >&2; exit 1
    fi
  fi
  "$python" -m venv "$venv"
fi
pip() { "$venv/bin/python" -m pip --disable-pip-version-check "$@"; }
pip install -q --require-hashes --only-binary :all: -r deploy/requirements-build.lock
# snownlp comes as source only: it is built with the build tools pinned above, not with whatever is newest today
pip install -q --progress-bar on --require-hashes --only-binary :all: --no-binary snownlp --no-build-isolation -r "$lock"
pip install -q --no-deps --no-build-isolation -e .
