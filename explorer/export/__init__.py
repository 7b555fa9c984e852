"""What leaves the program: pictures, contact sheets, synthetic data sets."""
