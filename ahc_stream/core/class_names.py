"""Names of classes that datasets label and classifiers say, in the order of a classifier's outputs."""

ISIC = (
    "actinic keratosis",
    "basal cell carcinoma",
    "dermatofibroma",
    "melanoma",
    "nevus",
    "pigmented benign keratosis",
    "seborrheic keratosis",
    "squamous cell carcinoma",
    "vascular lesion",
)
"""The nine folders of the ISIC tree that Kaggle hosts, sorted, as Keras' and torchvision's readers of folders sort."""

HAM10000 = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")
"""P. Tschandl et al., "The HAM10000 dataset", 2018: the seven diagnoses by their abbreviations there, sorted."""
