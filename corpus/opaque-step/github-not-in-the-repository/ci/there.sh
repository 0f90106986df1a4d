#!/bin/sh
make --version
