"""Who may come in, under which names, and how much each may ask: for a program that many share.

From outside inwards: what proxies tell (`proxies`), is the program there (`health`), under which
name it is asked (`guard`), by whom and how often (`gate`). May import gan, recipe and work.
"""
