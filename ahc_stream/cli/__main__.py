"""python -m ahc_stream.cli, the same as ahc-stream."""

from ahc_stream.cli import main

main()
