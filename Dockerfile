# wxcast in a small image for CI: the program, `wxcast-plan-all` and the certificates it needs to reach WeChat. It
# runs as a user without rights; mount campaigns at /campaigns.
#
#   docker build -t wxcast .
#   docker run --rm -v "$PWD:/campaigns" wxcast plan campaign.toml

FROM rust:1.95-slim-trixie AS build
WORKDIR /source
COPY Cargo.toml Cargo.lock ./
COPY .cargo .cargo
COPY benches benches
COPY campaigns campaigns
COPY locales locales
COPY schemas schemas
COPY src src
RUN cargo install --locked --path . --root /built

FROM debian:trixie-slim
# The repository of a stable Debian keeps only the newest build of a package: a version named here would be gone one day.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --create-home --shell /usr/sbin/nologin wxcast
COPY --from=build /built/bin/wxcast /usr/local/bin/wxcast
COPY ci/plan-all.sh /usr/local/bin/wxcast-plan-all
# By its number, so that whoever runs the image can see that it is not root.
USER 10001
WORKDIR /campaigns
ENTRYPOINT ["wxcast"]
CMD ["--help"]
