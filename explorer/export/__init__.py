"""What leaves the program: pictures, contact sheets, synthetic data sets.

May import gan and the wings up to tools.
"""
