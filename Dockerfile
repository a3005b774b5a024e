# bench as an image that holds nothing else. From a binary that is built here, without
# any other image:
#
#   install -d -m 1777 image/tmp image/work
#   CGO_ENABLED=0 go build -trimpath -o image/usr/local/bin/bench .
#   docker build --target=prebuilt --tag=bench .
#
# or built in an image that has Go (with BuildKit; the builder before it wants the folder
# image/ all the same):
#
#   docker build --tag=bench .
#
# What bench writes goes to /work, where the results are mounted; docs/gating.md has how
# it is run. The image trusts no certificate of its own accord when it is made the first
# way: for rediss:// and the like add the file (image/etc/ssl/certs/ca-certificates.crt),
# mount it, or give --tls-ca.

ARG BUILDER=golang:1.26

FROM scratch AS prebuilt
COPY image/ /
ENV PATH=/usr/local/bin HOME=/tmp
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["bench"]

FROM $BUILDER AS build
WORKDIR /source
COPY . .
ARG VERSION=
RUN install -d -m 1777 /image/tmp /image/work && \
    install -D -m 644 /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ca-certificates.crt && \
    CGO_ENABLED=0 go build -trimpath -ldflags "-X github.com/sessionbench/bench/internal/cli.version=$VERSION" \
        -o /image/usr/local/bin/bench .

FROM scratch
COPY --from=build /image/ /
ENV PATH=/usr/local/bin HOME=/tmp
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["bench"]
