# SPDX-License-Identifier: ISC
# The daemon, its tool, uacme and what they need, for an ordinary user (5125)
# without capabilities and with a root file system that may be read-only. See
# the README, "In a container".
FROM debian:trixie-slim AS build
WORKDIR /src
COPY Makefile ./
COPY systemd/install.mk systemd/
COPY tests/need tests/
RUN apt-get update -q && apt-get install -qy --no-install-recommends make && \
    make need-build
COPY . .
RUN make all && strip build/release/mta-stsd build/release/mta-stsctl

FROM debian:trixie-slim
RUN apt-get update && \
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates libcurl4t64 libidn2-0 libjansson4 libmicrohttpd12t64 \
        libpsl5t64 libseccomp2 libssl3t64 libunbound8 libyaml-0-2 uacme && \
    rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* && \
    groupadd --gid 5125 mta-stsd && \
    useradd --uid 5125 --gid 5125 --home-dir /var/lib/mta-stsd \
        --shell /usr/sbin/nologin mta-stsd && \
    install -d -m 755 /etc/mta-stsd && \
    install -d -m 750 -o 5125 -g 5125 /var/lib/mta-stsd \
        /var/lib/mta-stsd/certs /run/mta-stsd
COPY --from=build /src/build/release/mta-stsd /usr/sbin/
COPY --from=build /src/build/release/mta-stsctl /usr/bin/
COPY --from=build /src/certs/uacme-hook /usr/lib/mta-stsd/
LABEL org.opencontainers.image.title="mta-stsd" \
    org.opencontainers.image.description="MTA-STS policies (RFC 8461) for many mail domains" \
    org.opencontainers.image.licenses="ISC"
USER 5125:5125
VOLUME ["/etc/mta-stsd", "/var/lib/mta-stsd", "/run/mta-stsd"]
EXPOSE 80 443
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s --retries=3 \
    CMD ["mta-stsctl", "health"]
CMD ["mta-stsd"]
