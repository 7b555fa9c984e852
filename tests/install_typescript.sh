#!/bin/sh
# Install TypeScript, which checks the page's scripts, into a folder; node and npm with apt where
# that is possible. Elsewhere the check says what is missing.
set -eu
folder=$1
version=5.9.3
grep -qs "\"version\": \"$version\"" "$folder/node_modules/typescript/package.json" && exit 0
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  command -v apt-get >/dev/null || { echo "no npm: install node and npm to check the scripts"; exit 0; }
  sudo=""
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || { echo "no root: install node and npm to check the scripts"; exit 0; }
    sudo="sudo"
  fi
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null
fi
mkdir -p "$folder"
npm install --silent --no-audit --no-fund --prefix "$folder" "typescript@$version" >/dev/null ||
  echo "npm could not install TypeScript: the scripts are not checked"
