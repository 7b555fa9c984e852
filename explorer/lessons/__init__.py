"""Lessons: files that set the page, ask, watch what the hand does and measure the answer.

A lesson holds no figure. What its texts say and what counts as right are facts, which are measured
on the model that is open; so a lesson is true of every model, or says what a model lacks.

May import gan and the wings up to tools.
"""
