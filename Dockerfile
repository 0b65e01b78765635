# ahc-stream on a CPU:  docker build -t ahc-stream .
#                       docker run --rm -v "$PWD":/work ahc-stream run pictures --codec jpeg@30,60 --out runs/p
# TORCH_INDEX: the address of an index with CPU wheels of torch, which saves 3 GB; without it the default ones come.
FROM python:3.12-slim AS build
RUN apt-get update && apt-get install --yes --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*
COPY pyproject.toml CMakeLists.txt README.md LICENSE NOTICE THIRD_PARTY.md /source/
COPY kernels /source/kernels
COPY ahc_stream /source/ahc_stream
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels /source

FROM python:3.12-slim
ARG TORCH_INDEX=
ARG EXTRAS=report
COPY constraints.txt /wheels/
COPY --from=build /wheels /wheels
RUN if [ -n "$TORCH_INDEX" ]; then \
        pip install --no-cache-dir -c /wheels/constraints.txt --index-url "$TORCH_INDEX" torch torchvision; \
    fi && pip install --no-cache-dir -c /wheels/constraints.txt "$(ls /wheels/*.whl)[$EXTRAS]"
RUN useradd --create-home ahc
USER ahc
ENV AHC_STREAM_HOME=/home/ahc/data
WORKDIR /work
ENTRYPOINT ["ahc-stream"]
CMD ["doctor"]
