"""What is known of a model, computed once and kept: directions, measurements, receipts.

May import gan, recipe and work.
"""
