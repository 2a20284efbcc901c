# SPDX-License-Identifier: ISC
"""Run a program in a world whose outer seccomp filter refuses Landlock with
EPERM, as container runtimes do that do not know it."""

import ctypes
import os
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2
LANDLOCK_CREATE_RULESET, EPERM = 444, 1  # the same on every architecture
LOAD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7fff0000, 0x00050000

program = b"".join(struct.pack("HBBI", *step) for step in (
    (LOAD, 0, 0, 0),  # the call's number
    (JUMP_EQUAL, 0, 1, LANDLOCK_CREATE_RULESET),
    (RETURN, 0, 0, ERRNO | EPERM),
    (RETURN, 0, 0, ALLOW)))
steps = ctypes.create_string_buffer(program)
libc = ctypes.CDLL(None, use_errno=True)
header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(steps))
if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or \
        libc.prctl(PR_SET_SECCOMP, MODE_FILTER, header, 0, 0):
    sys.exit(f"no filter: {os.strerror(ctypes.get_errno())}")
os.execvp(sys.argv[1], sys.argv[1:])
