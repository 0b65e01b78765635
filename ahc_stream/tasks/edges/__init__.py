"""Edges, by HED or Canny; scored as BSDS500 scores them."""
