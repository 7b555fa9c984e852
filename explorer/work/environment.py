"""What the environment must not decide: settings meant for other programs, and proxies."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from explorer.work.scratch import make_scratch, scratch_path


def settle_gradio() -> None:
    """Gradio's settings are the program's own; to be called before Gradio is imported.

    Those of other programs would move the page or its port, or end in a traceback. The folder that
    Gradio makes would be one for all users of the machine, in which only the first may write.
    Raises OSError where no folder for temporary files can be written.
    """
    folder = scratch_path()
    make_scratch(folder)
    for name in [name for name in os.environ if name.startswith("GRADIO_")]:
        del os.environ[name]
    os.environ |= {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_TEMP_DIR": str(folder)}


@contextmanager
def this_machine_only() -> Iterator[None]:
    """No proxy, be it of the environment or of the system, and no certificates of others.

    Gradio makes ready to ask others when it is imported, and asks the address it serves whether all
    is well, which no proxy could tell.
    """
    ours = {"no_proxy": "*", "NO_PROXY": "*", "SSL_CERT_FILE": "", "SSL_CERT_DIR": ""}
    before = {name: os.environ.get(name) for name in ours}
    os.environ |= ours
    try:
        yield
    finally:  # the browser that is opened needs the user's
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
