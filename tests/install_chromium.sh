#!/bin/sh
# Install Chromium with apt where that is possible; elsewhere the browser tests say what is missing.
set -eu
command -v apt-get >/dev/null || { echo "no apt: install Chromium to run the browser tests"; exit 0; }
sudo=""
if [ "$(id -u)" != 0 ]; then
  sudo -n true 2>/dev/null || { echo "no root: install chromium to run the browser tests"; exit 0; }
  sudo="sudo"
fi
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends chromium >/dev/null
