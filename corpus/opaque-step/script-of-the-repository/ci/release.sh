#!/bin/sh
set -e
echo released
