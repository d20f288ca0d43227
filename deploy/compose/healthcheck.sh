#!/bin/bash
# Asks the relay in this container whether it is alive; an image with a client for HTTP would be larger.
set -euo pipefail
exec 3<>"/dev/tcp/127.0.0.1/${HEALTH_PORT:-8080}"
printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
read -r -t 2 answer <&3
[[ "$answer" == 'HTTP/1.1 200 '* ]]
