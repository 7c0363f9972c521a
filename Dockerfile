# Three images from one file:  docker build --target serving -t trady2-serving .     the model is mounted
#                              docker build --target baked   -t trady2-baked   .     after: trady2 bake --output baked
#                              docker build --target worker  -t trady2-worker  .
FROM python:3.11-slim AS base
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 DO_NOT_TRACK=1 BENTOML_DO_NOT_TRACK=True \
    BENTOML_HOME=/var/lib/trady2/bentoml PATH=/opt/venv/bin:$PATH
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 1034 --create-home trady2 \
    && install -d -o trady2 -g trady2 /var/lib/trady2 /var/lib/trady2/bentoml /var/lib/trady2/data \
    && python -m venv /opt/venv
WORKDIR /srv/trady2

# What answers requests: no Prefect and nothing that trains.
FROM base AS serving
ENV NUMBA_CACHE_DIR=/var/lib/trady2/numba
COPY locks/serve.txt locks/
RUN pip install --no-cache-dir --require-hashes -r locks/serve.txt
COPY trady2 trady2
COPY service service
COPY bentofile.yaml ./
# A container may not write beside its sources, and would compile them at every start.
RUN python -m compileall -q trady2 service
USER trady2
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:3000/livez', timeout=2)"]
CMD ["bentoml", "serve", "--host", "0.0.0.0", "--port", "3000"]

# The same with a model in it, which only another image replaces. A version that does not verify ends the build.
FROM serving AS baked
COPY baked /opt/trady2/store
ENV TRADY2_STORE=/opt/trady2/store
RUN python -c "from trady2.registry import names, open_active; assert names(); [open_active(name).version for name in names()]"

# What runs the flows: a Prefect worker of type process.
FROM base AS worker
ENV PREFECT_SERVER_ANALYTICS_ENABLED=false PREFECT_LOGGING_EXTRA_LOGGERS=trady2 \
    NUMBA_CACHE_DIR=/var/lib/trady2/numba
COPY locks/worker.txt locks/
RUN pip install --no-cache-dir --require-hashes -r locks/worker.txt
COPY pyproject.toml README.md LICENSE prefect.yaml ./
COPY trady2 trady2
COPY service service
COPY flows flows
COPY configs configs
ENV PYTHONPATH=/srv/trady2
RUN printf '#!/bin/sh\nexec python -m flows.cli "$@"\n' > /opt/venv/bin/trady2 && chmod 0755 /opt/venv/bin/trady2 \
    && ln -s /var/lib/trady2/data data
USER trady2
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(os.environ['PREFECT_API_URL'] + '/health', timeout=4)"]
CMD ["prefect", "worker", "start", "--pool", "local", "--type", "process", "--install-policy", "never"]
