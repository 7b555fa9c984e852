"""What leaves the program: pictures, contact sheets, synthetic data sets, networks.

May import gan and the wings up to tools.
"""
