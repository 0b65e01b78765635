"""What does compression do to what machines see?"""
