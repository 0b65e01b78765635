"""The reading of licence plates and lines of text, by PP-OCR."""
