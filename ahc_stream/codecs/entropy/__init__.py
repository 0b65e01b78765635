"""Range coders: integers and rows of CDF tables to bytes, and back."""
