#!/bin/sh
set -eu
cp -R bin include lib share "$PREFIX"
