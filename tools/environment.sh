#!/usr/bin/env bash
# Makes .venv hold the locked packages: `tools/environment.sh run` (the product) or `dev` (and what tests it).
# Does nothing when they are there already. Everything else that we need is installed by uv, from requirements/*.txt.
set -euo pipefail
cd "$(dirname "$0")/.."

UV="uv==0.13.8"
kind=$1
lock=requirements/$kind.txt
stamp=.venv/$kind.stamp

say() { printf '%s\n' "$*" >&2; }

find_python() {
    for candidate in python3.11 python3 python; do
        # Asking it to run says more than its name: a version manager's shim may exist without the Python behind it.
        if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    say "Python 3.11 is needed and was not found (tried python3.11, python3, python)."
    exit 1
}

make_venv() {
    local python
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        say "$python lacks the venv module: on Debian, apt-get install python3.11-venv."
        exit 1
    fi
    say "Making .venv with $python"
    rm -rf .venv
    "$python" -m venv .venv
}

if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
    make_venv
fi

# The packages of run are among those of dev.
for done in "$stamp" .venv/dev.stamp; do
    if [ -e "$done" ] && cmp -s "$done" "requirements/$(basename "$done" .stamp).txt"; then
        exit 0
    fi
done

.venv/bin/python -m pip install --quiet --disable-pip-version-check "$UV"
say "Installing the packages of $lock"
if [ "$kind" = run ] && [ -e .venv/dev.stamp ]; then
    .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r "$lock" # leaves the tools for tests alone
else
    .venv/bin/uv pip sync --quiet --python .venv/bin/python --require-hashes "$lock"
fi
cp "$lock" "$stamp"
