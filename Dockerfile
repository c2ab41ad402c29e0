# The image of Jieyue: one process that imports, judges and serves, or either half of it. docs/running.md says how.
# BASE is any image with Python 3.11 or newer as `python`, pip and Debian's useradd: one of your own where no registry is in reach.
ARG BASE=python:3.13-slim
FROM ${BASE} AS build
RUN pip install --no-cache-dir "uv>=0.8" && python -m venv --without-pip /opt/jieyue
COPY . /src
RUN sh /src/deploy/install.sh /src /opt/jieyue

FROM ${BASE}
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin jieyue && install -d -o jieyue -g jieyue -m 0700 /data
COPY --from=build /opt/jieyue /opt/jieyue
COPY --from=build /src/deploy/healthy.py /opt/jieyue/healthy.py
ENV PATH=/opt/jieyue/bin:$PATH JIEYUE_DATA=/data JIEYUE_WEB__HOST=0.0.0.0
USER jieyue
WORKDIR /data
VOLUME /data
EXPOSE 8050
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "/opt/jieyue/healthy.py"]
STOPSIGNAL SIGINT
ENTRYPOINT ["jieyue"]
CMD ["up"]
