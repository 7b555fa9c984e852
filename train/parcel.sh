#!/usr/bin/env bash
# Trains a piece of the training that this parcel holds, and goes on with it the next time:
#     bash train.sh [MINUTES]
# OUT: folder for what should come home (./home). PYTHON: the interpreter (python3).
set -euo pipefail

minutes=${1:-8}
python=${PYTHON:-python3}
mkdir -p "${OUT:-home}"
unset CDPATH  # with it cd would say where it went
out=$(cd "${OUT:-home}" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")"
mkdir -p run cache
export XDG_CACHE_HOME=$PWD/cache PYTHONUNBUFFERED=1 TQDM_MININTERVAL=10
source options.sh

piece() {
    "$python" -m train.needs || return
    local status=0
    "$python" -m train --data data.slices --out run "${options[@]}" --minutes "$minutes" || status=$?
    "$python" -m train home run --out "$out" || return
    return $status
}

status=0
piece 2>&1 | tee run/piece.log || status=$?
cp run/piece.log "$out/.piece.log.tmp"
mv "$out/.piece.log.tmp" "$out/piece.log"
exit $status
