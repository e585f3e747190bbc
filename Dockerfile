# Builds as scripts/setup and the release preset do, and runs as a user of its own.
FROM debian:bookworm-slim AS build
COPY scripts/setup /src/scripts/setup
RUN /src/scripts/setup
COPY . /src
WORKDIR /src
RUN cmake --preset release -DTQ_TESTS=OFF && cmake --build --preset release

FROM debian:bookworm-slim
RUN apt-get update -q \
 && apt-get install -q -y --no-install-recommends ca-certificates libpoconet80 libpocofoundation80 \
      libspdlog1.10 libfmt9 libsimdjson14 libsqlite3-0 libssl3 libsodium23 libidn2-0 zlib1g \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --home-dir /var/lib/tqhost --create-home tqhost \
 && mkdir -p /etc/tqhost /usr/lib/tqhost/plugins
COPY --from=build /src/build/release/bin/tqhost /usr/bin/tqhost
COPY --from=build /src/build/release/plugins/cb_edr.so /usr/lib/tqhost/plugins/cb_edr.so
USER tqhost
VOLUME ["/var/lib/tqhost"]
ENTRYPOINT ["/usr/bin/tqhost", "--config", "/etc/tqhost/tqhost.json", "--plugins-dir", "/usr/lib/tqhost/plugins", \
            "--state-dir", "/var/lib/tqhost"]
CMD ["run-once"]
