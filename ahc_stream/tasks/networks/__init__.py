"""Networks out of other people's files: checkpoints, ONNX, Keras, I3D, ultralytics."""
