ARG PYTHON_IMAGE=python:3.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY requirements/build.txt requirements/runtime.txt requirements/
RUN python3 -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes --requirement requirements/build.txt \
    && python3 -m venv --without-pip /opt/venv \
    && /opt/build/bin/pip --python /opt/venv/bin/python install --require-hashes --requirement requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY prodigy_action prodigy_action
RUN /opt/build/bin/pip wheel --no-deps --no-index --no-build-isolation --wheel-dir /wheels . \
    && /opt/build/bin/pip --python /opt/venv/bin/python install --no-deps --no-index /wheels/*.whl \
    && /opt/venv/bin/python -m compileall -q /opt/venv/lib

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="prodigy-action" \
      org.opencontainers.image.description="Data-driven fan-out inside one CI job: every item in its own git worktree, merged back deterministically." \
      org.opencontainers.image.licenses="MIT"
# A distribution's stable release keeps no older versions to pin.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bash ca-certificates curl git jq tini \
    && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log \
    # The workspace belongs to the runner's user and git is run as root.
    && git config --system safe.directory '*' \
    && ln -s /opt/venv/bin/prodigy-action /usr/local/bin/prodigy-action
COPY --from=build /opt/venv /opt/venv
WORKDIR /github/workspace
# In exec form, because a shell drops variables with a hyphen in their name, such as INPUT_MAX-PARALLEL. Isolated (-I),
# because PYTHONPATH and its like, set for the job, are meant for the steps.
ENTRYPOINT ["/usr/bin/tini", "-g", "--", "/opt/venv/bin/python", "-I", "-m", "prodigy_action"]
