"""Keep the file of those who may log in.

    python -m explorer.users FILE NAME [NAME ...] [--draw | --remove]

The password is read from the terminal, or from standard input where that is none. With --draw each
user gets one that is drawn, and they are printed to be handed out. The file keeps only hashes; a
program that runs sees a change within seconds.
"""

import argparse
import getpass
import secrets
import sys
from pathlib import Path

from explorer.door.users import DoorError, with_user, without_user

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another


def main() -> int:
    """0 when the file is written, 2 if a name or a password will not do."""
    parser = argparse.ArgumentParser(description="Add users who may log in to the explorer.")
    parser.add_argument("file", type=Path, help="file of users for app.py --auth")
    parser.add_argument("names", nargs="+", metavar="NAME", help="a known one gets a new password")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--draw", action="store_true", help="draw the passwords and print them")
    what.add_argument("--remove", action="store_true", help="take these users out")
    args = parser.parse_args()
    try:
        for name in args.names:
            if args.remove:
                without_user(args.file, name)
                continue
            password = drawn() if args.draw else typed(name)
            with_user(args.file, name, password)
            if args.draw:
                print(f"{name}\t{password}")
    except (DoorError, OSError) as error:
        print(f"users: {error}", file=sys.stderr)
        return 2
    return 0


def drawn() -> str:
    """Twelve letters, 59 bits of chance."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))


def typed(name: str) -> str:
    """A password from the terminal, twice, or a line of standard input; raises DoorError."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass(f"Password for {name}: ")
    if getpass.getpass("Once more: ") != password:
        raise DoorError(f"{name}: the two were not the same; nothing is changed")
    return password


if __name__ == "__main__":
    sys.exit(main())
