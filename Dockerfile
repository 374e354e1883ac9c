# Install the package and its dependencies, at the versions that pyproject.toml pins, into one folder.
FROM python:3.13-slim AS build
RUN pip install --no-cache-dir uv==0.13.8
ENV UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 UV_PROJECT_ENVIRONMENT=/opt/atlas
WORKDIR /source
COPY pyproject.toml ./
# A development dependency: uv resolves all groups of pyproject.toml.
COPY client/pyproject.toml client/
RUN uv sync --no-dev --no-install-project
COPY . .
RUN uv sync --no-dev --no-editable

FROM python:3.13-slim
RUN useradd --system --create-home --home-dir /data atlas
COPY --from=build /opt/atlas /opt/atlas
ENV PATH=/opt/atlas/bin:$PATH PYTHONUNBUFFERED=1
USER atlas
# The default SQLite file is created here. Keep it with `--volume atlas:/data`.
WORKDIR /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "from http.client import HTTPConnection as To; to = To('127.0.0.1', 8000, timeout=2); to.request('GET', '/healthz'); raise SystemExit(to.getresponse().status != 200)"]
ENTRYPOINT ["framework-atlas"]
CMD ["serve", "--host", "0.0.0.0"]
