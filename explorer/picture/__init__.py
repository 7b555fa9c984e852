"""From a recipe to a picture: the open model, w of a recipe, rendering.

May import gan, recipe, work and knowledge.
"""
