#!/bin/sh
# Install Chromium with apt where that is possible; elsewhere the browser tests say what is missing.
set -eu
found=
for name in chromium chromium-browser google-chrome; do command -v $name >/dev/null && found=yes; done
command -v apt-get >/dev/null || { [ $found ] || echo "no apt: install Chromium to run the browser tests"; exit 0; }
sudo=""
if [ "$(id -u)" != 0 ]; then
  sudo -n true 2>/dev/null || { [ $found ] || echo "no root: install chromium to run the browser tests"; exit 0; }
  sudo="sudo"
fi
export DEBIAN_FRONTEND=noninteractive
# Half the work of a whole Chromium, where it is packed (Debian) and can be had.
if $sudo apt-get update -qq && $sudo apt-get install -y -qq --no-install-recommends chromium-headless-shell >/dev/null 2>&1; then exit 0; fi
[ $found ] || $sudo apt-get install -y -qq --no-install-recommends chromium >/dev/null
