# wxcast in images: the program alone, for people and servers (the last one, so the default), and with a shell and
# `wxcast-plan-all`, for CI systems that run scripts in their images (`--target ci`). Both run as a user without rights;
# mount campaigns at /campaigns.
#
#   docker build -t wxcast .
#   docker run --rm -v "$PWD:/campaigns" wxcast plan campaign.toml
#   docker build -t wxcast-ci --target ci .

FROM rust:1.95-alpine AS build
# Alpine keeps only the newest build of a package: a version named here would be gone one day.
# hadolint ignore=DL3018
RUN apk add --no-cache ca-certificates gcc musl-dev
# Folders that anybody may write to, whichever user the image is run as: the state of accounts, and what is temporary.
RUN mkdir -p /image/campaigns /image/etc/ssl/certs \
 && mkdir -m 1777 /image/state /image/tmp \
 && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/
WORKDIR /source
COPY Cargo.toml Cargo.lock ./
COPY .cargo .cargo
COPY benches benches
COPY campaigns campaigns
COPY locales locales
COPY scenarios scenarios
COPY schemas schemas
COPY src src
# On Alpine a program is static unless somebody asks for something else.
RUN cargo install --locked --path . --root /built

FROM alpine:3.22 AS ci
# hadolint ignore=DL3018
RUN apk add --no-cache bash ca-certificates
COPY --from=build /image/ /
COPY --from=build /built/bin/wxcast /usr/local/bin/wxcast
COPY ci/plan-all.sh /usr/local/bin/wxcast-plan-all
ENV HOME=/state XDG_STATE_HOME=/state
USER 10001
WORKDIR /campaigns
ENTRYPOINT ["wxcast"]
CMD ["--help"]

FROM scratch
COPY --from=build /image/ /
COPY --from=build /built/bin/wxcast /wxcast
ENV HOME=/state XDG_STATE_HOME=/state
# By its number, so that whoever runs the image can see that it is not root.
USER 10001
WORKDIR /campaigns
ENTRYPOINT ["/wxcast"]
CMD ["--help"]
