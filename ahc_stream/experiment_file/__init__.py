"""An experiment as a file: `ahc-stream run exp.toml`, and the manifest of a run as such a file.

    fields = read(path)            what a .toml file or a manifest.json says
    text = as_toml(experiment)     a file that says the same

`kinds` has the fields, from the annotations of `Experiment`; `places` finds their paths.
"""

from ahc_stream.experiment_file.kinds import FIELDS, SPELLINGS, TEXTS
from ahc_stream.experiment_file.reading import field_values, is_experiment_file, read
from ahc_stream.experiment_file.writing import as_toml

__all__ = ["FIELDS", "SPELLINGS", "TEXTS", "as_toml", "field_values", "is_experiment_file", "read"]
