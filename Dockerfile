# One image for the web and the worker. The whole lock is installed, with hashes: what was tested is what runs.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore \
    CHOPHIEN_DATA_DIR=/data

RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /data chophien \
    && install -d -o chophien -g chophien -m 0700 /data

WORKDIR /srv/chophien
COPY requirements.lock ./
RUN pip install --no-deps --require-hashes -r requirements.lock && pip check
COPY pyproject.toml README.md LICENSE ./
COPY app ./app
COPY producers ./producers
COPY traceability ./traceability
COPY storefront ./storefront
COPY migrations ./migrations
RUN pip install --no-index --no-build-isolation --no-deps -e . && python -m compileall -q app producers traceability storefront migrations

USER chophien
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["chophien"]
CMD ["serve", "--host", "0.0.0.0"]
