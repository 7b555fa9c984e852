"""What people do with pictures: drag, project, travel, look inside, compare.

May import all wings before it.
"""
