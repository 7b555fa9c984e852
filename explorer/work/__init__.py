"""Who computes when: turns on the cores, jobs in the background, what the machine has.

May import gan and recipe.
"""
