#!/bin/sh
# The study: seven experiments, what compression does to seven jobs, by one command.
#
#     sh examples/study.sh [OUT]            # OUT: runs/study; a quarter of an hour of two free cores
#     STUDY=full sh examples/study.sh OUT   # all the data that is there, the whole curves; hours, better on a GPU
#     ONLY="kodak coco" sh examples/study.sh OUT
#
# Data and weights are looked up as ever (AHC_STREAM_PATH, AHC_STREAM_HOME). What is missing is named at the end, and the
# rest is done. The same command goes on where it was stopped. OUT/index.html is the page: a chart for each experiment,
# and the table; OUT/NAME/report/index.html is what `ahc-stream report` makes of each.
set -u
out=${1:-runs/study}
only=${ONLY:-kodak isic us-plates coco mot17 bsds500 ucf101}
here=$(dirname "$0")
missing=
failed=

# take SMALL FULL: the one of the two that was asked for.
take() {
    if [ "${STUDY:-small}" = full ]; then echo "$2"; else echo "$1"; fi
}

# wanted NAME: whether it is among those that were asked for.
wanted() {
    case " $only " in *" $1 "*) return 0 ;; *) return 1 ;; esac
}

# experiment NAME WORDS...: runs it where it is wanted, and keeps in mind how it ended.
experiment() {
    name=$1
    wanted "$name" || return 0
    echo "study: $name"
    ahc-stream run "$@" --out "$out/$name"
    status=$?
    if [ "$status" -eq 2 ]; then
        missing="$missing $name"
        return 0
    fi
    [ "$status" -eq 0 ] || failed="$failed $name"
    ahc-stream report "$out/$name" > "$out/$name.txt" || failed="$failed $name"
}

mkdir -p "$out"
jpeg=jpeg@5,15,30,60,90
learned=mbt2018-mean-lite@1..3:transforms=fixed

experiment kodak --limit "$(take 12 24)" --codec "$jpeg" --codec jpeg2000@26,30,34,38 --codec h265@22,27,32,37 \
    --codec "$learned"

# The study's lesion network is not published: a small one is trained on the tree's own training images.
lesion=$out/lesion.safetensors
if wanted isic && [ ! -f "$lesion" ] && ahc-stream data path isic > /dev/null; then
    python "$here/../tools/train_lesion.py" "$lesion" || echo "study: no lesion network was trained"
fi
experiment isic --codec "$jpeg" --codec h265@27,37,47 --task "classification:model=$lesion" --metric psnr

experiment us-plates --limit "$(take 24 1000)" --codec "$jpeg" --codec h265@27,32,37,42 --metric psnr

experiment coco --limit "$(take 24 5000)" --codec "$jpeg" --codec h265@27,32,37,42 --metric psnr

# Edges of full HD: HED takes six seconds of CPU time a frame, so Canny stands in for it in the small study.
# Scale-space flow with the package's weights; FLOW=ssf2020@1..9 takes CompressAI's checkpoints.
flow=${FLOW:-ssf2020-lite@1..2$(take :transforms=fixed "")}
experiment mot17 --limit "$(take 2 7)" --frames "0:$(take 4 100000)" --codec h264@23,28,33,43 --codec "$flow" \
    --task detection:model=yolov5n:size=1280 --task tracking --task "edges:detector=$(take canny hed):thresholds=9" \
    --metric psnr

experiment bsds500 --limit "$(take 10 200)" --codec "$jpeg" --codec "$learned" --metric psnr

experiment ucf101 --limit "$(take 6 4000)" --codec jpeg@5,30,90 --codec h264@23,33,43 --metric psnr

python "$here/../tools/study_page.py" "$out" || failed="$failed page"
[ -z "$missing" ] || echo "study: left out, for what is named above is missing:$missing"
[ -z "$failed" ] || { echo "study: did not end well:$failed"; exit 1; }
echo "study: open $out/index.html"
