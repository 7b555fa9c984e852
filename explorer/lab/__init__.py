"""The papers' claims, measured on the open model: how disentangled, how smooth, data or model.

May import gan, recipe, work, knowledge, picture and tools.
"""
