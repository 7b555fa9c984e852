"""Who computes when: turns, jobs in the background, what the machine has; the program's files.

May import gan and recipe.
"""
