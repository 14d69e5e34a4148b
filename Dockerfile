# trialpool with what reviews need, at the versions of the lock file:
#   docker build -t trialpool .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD":/review trialpool build
# BASE may name a mirror of the same image, or any Debian with Python 3.11 and its venv module.
ARG BASE=docker.io/library/python:3.11.13-slim-bookworm

FROM ${BASE} AS build
ARG UV_VERSION=0.13.9
# Certificates of a network of its own, if the base image has them, as pip takes them.
ENV UV_SYSTEM_CERTS=1
WORKDIR /src
COPY pyproject.toml requirements.lock README.md LICENSE Snakefile ./
COPY workflow workflow
RUN python3 -m venv /opt/tools \
    && /opt/tools/bin/pip install --no-cache-dir --disable-pip-version-check "uv==${UV_VERSION}" \
    && VIRTUAL_ENV=/opt/tools /opt/tools/bin/uv pip install --no-cache --require-hashes \
        --group build --constraint requirements.lock \
    && /opt/tools/bin/python -m hatchling build -t wheel -d /wheel \
    && python3 -m venv --without-pip /opt/trialpool \
    && VIRTUAL_ENV=/opt/trialpool /opt/tools/bin/uv pip install --no-cache --require-hashes --compile-bytecode \
        --requirement pyproject.toml --extra pipeline --constraint requirements.lock \
    && VIRTUAL_ENV=/opt/trialpool /opt/tools/bin/uv pip install --no-cache --no-deps --compile-bytecode /wheel/*.whl

FROM ${BASE}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="trialpool" \
      org.opencontainers.image.description="A living meta-analysis of clinical trials as a reproducible Snakemake pipeline" \
      org.opencontainers.image.licenses="MIT AND Apache-2.0 AND OFL-1.1" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /opt/trialpool /opt/trialpool
# Any user may run it, also one that the image does not know: caches lie where everybody may write.
ENV PATH=/opt/trialpool/bin:${PATH} \
    XDG_CACHE_HOME=/tmp/cache \
    MPLCONFIGDIR=/tmp/cache/matplotlib \
    USER=trialpool \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1
RUN useradd --create-home --uid 1000 trialpool
USER 1000
WORKDIR /review
ENTRYPOINT ["trialpool"]
CMD ["--help"]
