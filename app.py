"""Open the explorer in the browser: python app.py [--checkpoint FILE ...] [--recipe FILE]."""

import gc
import sys

if __name__ == "__main__":
    gc.disable()  # until all is there: a quarter of the start, and there is no rubbish yet

    from explorer.__main__ import main

    sys.exit(main())
